from __future__ import annotations

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from digitviz.dashboard.server.routes import routes
from digitviz.projections.spaces import pictures


def test_the_browser_gets_the_pictures_of_all_points_and_of_nothing_else(digits):
    (send,) = (route.endpoint for route in routes() if getattr(route, "path", "").endswith("pictures/{kind}"))

    def answer(kind: str) -> Response:
        return send(Request({"type": "http", "headers": [], "path_params": {"kind": kind}}))

    assert answer("digits").body == pictures("digits", digits).tobytes()
    assert "immutable" in answer("digits").headers["cache-control"]
    assert len(answer("labels").body) == 10 * 64
    with pytest.raises(HTTPException):
        answer("other")
