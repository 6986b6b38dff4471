"""A client that listens to the stream of a session, without a server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from starlette.websockets import WebSocket

from digitviz.dashboard.server.stream import stream


@dataclass
class Heard:
    """Received messages: states, parts by name, and the code with which the server closed the connection."""

    states: list[dict[str, Any]] = field(default_factory=list)
    parts: dict[str, list[tuple[dict[str, Any], np.ndarray]]] = field(default_factory=dict)
    code: int | None = None

    def take(self, message: dict[str, Any]) -> None:
        if message["type"] == "websocket.close":
            self.code = message["code"]
        elif message.get("text"):
            self.states.append(json.loads(message["text"]))
        elif message.get("bytes"):
            head, numbers = unpacked(message["bytes"])
            self.parts.setdefault(head["part"], []).append((head, numbers))


def unpacked(block: bytes) -> tuple[dict[str, Any], np.ndarray]:
    """Return the head and the numbers of a part of the stream."""
    length = int.from_bytes(block[:4], "little")
    return json.loads(block[4 : 4 + length]), np.frombuffer(block, "<f4", offset=4 + length)


def listen(
    token: str, *requests: dict[str, Any] | str, until: Callable[[Heard], bool], reads: bool = True, seconds: float = 20
) -> Heard:
    """Connect, send requests, and listen until a condition holds or the server closes the connection.

    Parameters
    ----------
    token : str
    *requests : dict or str
        Sent one after the other. A dict is completed to a request of a visible page.
    until : callable
    reads : bool
        False if the client never reads.
    seconds : float
        Timeout.
    """

    async def talk() -> Heard:
        heard, over = Heard(), asyncio.Event()
        sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        sent.put_nowait({"type": "websocket.connect"})
        for request in requests:
            text = request if isinstance(request, str) else json.dumps({"awake": True, "lang": "en", **request})
            sent.put_nowait({"type": "websocket.receive", "text": text})

        async def send(message: dict[str, Any]) -> None:
            if not reads and message["type"] == "websocket.send":
                await asyncio.Event().wait()
            heard.take(message)
            if heard.code is not None or until(heard):
                over.set()

        path = {
            "type": "websocket",
            "path": f"/digitviz-stream/{token}",
            "path_params": {"token": token},
            "headers": [],
        }
        served = asyncio.create_task(stream(WebSocket(path, sent.get, send)))
        await asyncio.wait_for(over.wait(), seconds)
        sent.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await served
        return heard

    with ThreadPoolExecutor(1) as thread:  # browser tests leave a loop running in this thread
        return thread.submit(asyncio.run, talk()).result()
