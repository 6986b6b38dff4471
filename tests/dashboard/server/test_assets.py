"""Assets that reach the browser before it requests them."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from plotly.offline import get_plotlyjs_version
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.types import Message

from digitviz.dashboard.components import component
from digitviz.dashboard.components.component import address
from digitviz.dashboard.runtime.streamlit_internals import PARTS, SCRIPTS
from digitviz.dashboard.server.assets import ASSETS, PAGE_CSS, PLOTLY, Page
from digitviz.dashboard.server.routes import routes
from digitviz.language import texts_of_scripts

PAGE = "<html><head><title>déjà</title></head><body></body></html>" + " " * 2000


@dataclass(frozen=True)
class Answer:
    """Response as a browser sees it, after decompression."""

    status: int
    headers: Headers
    body: bytes

    @property
    def content(self) -> bytes:
        return gzip.decompress(self.body) if self.headers.get("Content-Encoding") == "gzip" else self.body

    @property
    def text(self) -> str:
        return self.content.decode()


def get(path: str, accept: str = "*/*", encoding: str = "gzip", known: str = "") -> Answer:
    """Send a request to a server with one page, compressed by Streamlit's middleware, and our scripts."""
    inner = Starlette(
        routes=[
            Route("/file", lambda request: Response(PAGE, media_type="text/plain")),
            Route("/{page:path}", lambda request: HTMLResponse(PAGE, headers={"ETag": "old"})),
        ]
    )
    inner.add_middleware(GZipMiddleware)
    app = Starlette(routes=[*routes(), Mount("/", Page(inner))])
    path, _, query = path.partition("?")
    scope = {
        "type": "http", "method": "GET", "path": path, "query_string": query.encode(), "root_path": "",
        "headers": [
            (name, value.encode())
            for name, value in ((b"accept", accept), (b"accept-encoding", encoding), (b"if-none-match", known))
        ],
    }  # fmt: skip
    sent: list[Message] = []

    async def ask() -> None:
        async def receive() -> Message:
            await asyncio.Event().wait()  # the browser stays connected
            raise AssertionError

        async def send(message: Message) -> None:
            sent.append(message)

        await app(scope, receive, send)

    with ThreadPoolExecutor(1) as thread:  # browser tests may have a running loop in this thread
        thread.submit(lambda: asyncio.run(ask())).result()
    headers = Headers(raw=sent[0]["headers"])
    body = b"".join(message.get("body", b"") for message in sent)
    assert int(headers.get("Content-Length", 0)) == len(body)
    return Answer(sent[0]["status"], headers, body)


def test_a_page_names_what_it_will_need_and_is_else_as_it_was():
    page = get("/train", accept="text/html,*/*")
    wanted = re.search("<head>(.*)<title>", page.text, re.DOTALL)[1]
    assert page.text.replace(wanted, "") == PAGE
    assert "ETag" not in page.headers
    assert f'<script type="module" async src="{address("plot")}">' in wanted
    for path in re.findall('(?:href|src)="(digitviz-assets/[^"]*|plotly/[^"]*)"', wanted):
        assert get(f"/{path}").headers["Content-Type"].split(";")[0] in (
            "text/javascript",
            "application/json",
            "text/css",
        )
    streamlits_own = re.findall('href="static/js/([^"]*)"', wanted)
    assert len(streamlits_own) == len(PARTS)
    assert all((SCRIPTS / name).exists() for name in streamlits_own)


def test_a_page_in_another_language_names_the_texts_of_its_scripts_and_a_browser_keeps_them():
    words = re.compile('<link rel="preload" as="fetch" crossorigin href="(digitviz-assets/words-[^"]*)">')
    assert not words.search(get("/train", accept="text/html").text)
    assert not words.search(get("/train?lang=en", accept="text/html").text)
    (named,) = words.findall(get("/train?lang=zh", accept="text/html").text)
    came = get(f"/{named}")
    assert came.content.decode() == texts_of_scripts("zh")
    assert "immutable" in came.headers["Cache-Control"]
    texts = json.loads(came.content)
    assert (texts["Undo"], texts["on a button\4Play"], texts["\4comma"]) == ("撤销", "播放", "、")
    assert "Gradient descent" not in texts  # of no script
    assert len(came.body) < 30_000
    assert get("/digitviz-assets/words-en.json").status == get("/digitviz-assets/words-xx.json").status == 404


def test_the_first_page_starts_no_script_that_it_does_not_need():
    page = get("/", accept="text/html").text
    assert "preload" in page
    assert re.findall("<script[^>]*>", page) == [f'<script src="{address("theme")}">']


def test_what_is_no_page_passes_untouched():
    answer = get("/train")
    assert answer.text == PAGE
    assert answer.headers["ETag"] == "old"
    assert answer.headers["Content-Encoding"] == "gzip"


@pytest.mark.parametrize("name", PLOTLY)
def test_plotly_js_comes_compressed_and_whole(name):
    packed, plain = get(f"/plotly/{name}"), PLOTLY[name].read_bytes()
    assert len(packed.body) < len(plain) / 2
    assert packed.content == plain


@pytest.mark.parametrize("name", PLOTLY)
def test_plotly_js_is_sent_once_as_long_as_it_is_the_same(name):
    tag = get(f"/plotly/{name}").headers["ETag"]
    assert get(f"/plotly/{name}", known=tag).status == 304
    assert get(f"/plotly/{name}", known='"other"').status == 200


def test_a_file_that_a_browser_opens_as_a_page_passes_untouched():
    assert get("/file", accept="text/html").text == PAGE


def test_nothing_else_is_served_there():
    assert get("/plotly/other.js").status == 404
    assert get("/plotly/..%2Fserver.py").status == 404


@pytest.mark.parametrize("name", component.SCRIPTS)
def test_a_script_is_kept_for_as_long_as_it_is_the_same(name):
    assert (Path(component.__file__).parent / f"{name}.js").read_bytes() == get(f"/{address(name)}").body
    assert "immutable" in get(f"/{address(name)}").headers["Cache-Control"]
    assert get(f"/digitviz-assets/{name}.js?v=older").headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("path", ["plot.py", "plot.py.js", "__init__.js", "..%2Fcomponents%2Fplot.js", "other.js", ""])
def test_of_what_stands_beside_the_scripts_nothing_is_served(path):
    answer = get(f"/digitviz-assets/{path}")
    assert answer.status == 404 or answer.text == PAGE  # not our file: the dashboard's own page


def test_the_part_that_is_shipped_is_of_the_version_that_draws_in_space():
    head = (ASSETS / "plotly-cartesian.min.js").read_text()[:200]
    assert f"v{get_plotlyjs_version()}\n" in head
    assert "MIT license" in head


def test_a_rule_that_asks_what_the_page_holds_is_about_a_class_or_else_the_whole_page_is_styled_at_each_change():
    style = PAGE_CSS.read_text("utf-8")
    holds = r"\[data-testid=stMain\]:has\((?:[^()]|\([^()]*\))*\)"
    styled = re.findall(holds + r"([^{,]*)[{,]", style)
    assert styled
    assert not [which for which in styled if ":" in which]
    assert ".stApp:has(" in style
    assert not re.search(r"\.stApp:(not\(:)?has\([^()]*\)+ [^{]", style)
