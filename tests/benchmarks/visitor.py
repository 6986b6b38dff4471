"""A visitor without a browser. It speaks Streamlit's own protocol, so one process can simulate a whole class."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable
from typing import Any, Self
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from digitviz.dashboard.server.stream import GONE
from digitviz.dashboard.session.lease import COOKIE, new_key
from tests.benchmarks.widgets import id_of, key_of, saved_state, widget_of

MOST_BYTES = 20_000_000
"""Maximum size of a message, as on the server."""
RETRY_SECONDS = 1.0
"""Pause before a lost stream is opened again, as in `stream.js`."""
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class Visitor:
    """One session on one page. It sees the elements, presses buttons, moves controls and refreshes live views.

    Use it as an asynchronous context manager; leaving it closes the tab.

    Parameters
    ----------
    url : str
        URL of a server on this machine.
    page : str
        Last part of the page's URL.
    query : str
        Query string, such as "batches=4&seed=1".
    cookie : str
        Cookie header. Without one, the visitor has an owner's key of its own, like a browser.

    Attributes
    ----------
    errors : list of str
        Exceptions shown on the page, and lost connections.
    received : int
        Bytes from the stream.

    Raises
    ------
    ValueError
        If the server is on a different machine.
    LookupError
        From `click`, `choose` and `enter`, if the widget is not on the page.
    """

    def __init__(self, url: str, page: str = "train", query: str = "", cookie: str = "") -> None:
        address = urlsplit(url)
        if address.hostname not in LOOPBACK:
            raise ValueError(f"{url} is not on this machine")
        self.errors: list[str] = []
        self.received = 0
        self._url = f"ws://{address.netloc}/_stcore/stream"
        self._page, self._page_hash, self._query = page, "", query
        self._run, self._headers = "", {"Cookie": cookie or f"{COOKIE}={new_key()}"}
        self._drawn: dict[tuple[int, ...], tuple[Element, str, str]] = {}  # path: element, run, fragment
        self._boxes: dict[str, tuple[str, str]] = {}  # key: id, fragment
        self._states: dict[str, WidgetState] = {}
        self._timers: dict[str, asyncio.Task[None]] = {}
        self._netloc = address.netloc
        self._headline: dict[str, Any] = {}
        self._stream: str | None = None
        self._watching: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._socket: ClientConnection = await connect(
            self._url, subprotocols=["streamlit"], max_size=MOST_BYTES, additional_headers=self._headers
        )
        self._listening = asyncio.create_task(self._listen())
        self._listening.add_done_callback(lambda _: self._changed.set())
        await self.ask_for_run()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._listening.cancel()
        self._stop_timers([*self._timers])
        self._watch(None, False)
        await self._socket.close()

    @property
    def elements(self) -> list[Element]:
        """Elements on the page, from top to bottom."""
        return [self._drawn[path][0] for path in sorted(self._drawn)]

    @property
    def progress(self) -> str:
        """Training progress as shown on the page; empty before it is drawn."""
        shown = self._headline
        return " · ".join([f"step {shown['step']:,} of {shown['steps']:,}", *shown["words"]]) if shown else ""

    @property
    def test_accuracy(self) -> str:
        """Test accuracy shown on the page."""
        return self._headline.get("accuracy", "")

    def has(self, key: str) -> bool:
        """Return whether the page has an enabled widget with this key."""
        return any(key_of(id_of(element)) == key and not widget_of(element).disabled for element in self.elements)

    async def click(self, key: str) -> None:
        """Press a button."""
        widget, fragment = self._find(key)
        await self.ask_for_run(WidgetState(id=widget, trigger_value=True), fragment)

    async def choose(self, key: str, option: str) -> None:
        """Select an option of a slider or segmented control, by its label."""
        widget, fragment = self._find(key)
        self._states[widget].string_array_value.data[:] = [option]
        await self.ask_for_run(fragment=fragment)

    async def choose_all(self, options: dict[str, str]) -> None:
        """Select an option of several controls on the page, with one request for the whole page."""
        for key, option in options.items():
            self._states[self._find(key)[0]].string_array_value.data[:] = [option]
        await self.ask_for_run()

    async def enter(self, key: str, number: float) -> None:
        """Enter a number."""
        widget, fragment = self._find(key)
        self._states[widget].double_value = number
        await self.ask_for_run(fragment=fragment)

    async def open_box(self, key: str) -> None:
        """Open a closed box as soon as the page shows it."""
        await self.wait_until(lambda: key in self._boxes)
        widget, fragment = self._boxes[key]
        self._states[widget] = WidgetState(id=widget, bool_value=True)
        await self.ask_for_run(fragment=fragment)

    async def wait_until(self, condition: Callable[[], object], seconds: float = 60) -> None:
        """Return as soon as `condition` holds after a script run.

        Raises
        ------
        TimeoutError
            If it does not hold in time.
        ConnectionError
            If the connection is lost.
        """
        async with asyncio.timeout(None if seconds == math.inf else seconds):
            while not condition():
                if self._listening.done():
                    self._listening.result()
                    raise ConnectionError(self.errors[-1])
                self._changed.clear()
                await self._changed.wait()

    def _find(self, key: str) -> tuple[str, str]:
        """Return the ids of a widget and of its fragment. A browser only requests a run of that fragment."""
        for element, _, fragment in self._drawn.values():
            if key_of(id_of(element)) == key:
                return id_of(element), fragment
        raise LookupError(f"there is no {key} on the page; it showed {self.errors or 'no error'}")

    async def ask_for_run(
        self, trigger: WidgetState | None = None, fragment: str = "", automatic: bool = False
    ) -> None:
        message = BackMsg()
        ask = message.rerun_script
        ask.page_name, ask.page_script_hash, ask.query_string = self._page, self._page_hash, self._query
        ask.fragment_id, ask.is_auto_rerun = fragment, automatic
        ask.widget_states.widgets.extend(self._states.values())
        if trigger is not None:
            ask.widget_states.widgets.append(trigger)
        await self._socket.send(message.SerializeToString())

    async def _listen(self) -> None:
        try:
            async for data in self._socket:
                self._take(ForwardMsg.FromString(data))
            self.errors.append("the server closed the connection")
        except ConnectionClosed as lost:
            self.errors.append(f"the connection was lost: {lost}")

    def _take(self, message: ForwardMsg) -> None:
        run, kind = message.metadata.run, message.WhichOneof("type")
        if kind == "new_session":
            self._run = run.script_run_id
            if not run.fragment_ids:
                self._stop_timers([*self._timers])
        elif kind == "navigation":
            self._page_hash = message.navigation.page_script_hash
        elif kind == "page_info_changed":
            self._query = message.page_info_changed.query_string
        elif kind == "auto_rerun":
            self._start_timer(message.auto_rerun.fragment_id, message.auto_rerun.interval)
        elif kind == "stop_auto_rerun":
            self._stop_timers([*message.stop_auto_rerun.fragment_ids])
        elif kind == "delta":
            self._draw(message)
        elif kind == "script_finished":
            if message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                self._remove_stale(run.script_run_id, set(run.fragment_ids))
            self._changed.set()

    def _draw(self, message: ForwardMsg) -> None:
        """Keep an element of the page, or the id of a box."""
        delta, element = message.delta, message.delta.new_element
        if box := delta.add_block.expandable.id:
            self._boxes[key_of(box)] = box, delta.fragment_id
        if not delta.HasField("new_element"):
            return
        self._drawn[tuple(message.metadata.delta_path)] = (element, self._run, delta.fragment_id)
        self._keep_state(element)
        if element.HasField("bidi_component") and element.bidi_component.component_name == "digitviz_live":
            shown = json.loads(element.bidi_component.json)
            self._headline = shown["headline"]
            self._watch(shown["stream"], shown["moves"])
        if element.HasField("exception"):
            self.errors.append(f"{element.exception.type}: {element.exception.message}")

    def _watch(self, stream: str | None, moves: bool) -> None:
        """Start or stop following the stream of a run."""
        if stream == self._stream:
            return
        self._stream = stream
        if self._watching is not None:
            self._watching.cancel()
        self._watching = asyncio.create_task(self._follow(stream, moves)) if stream else None

    async def _follow(self, stream: str, moves: bool) -> None:
        """Follow the stream as `stream.js` does on an unscrolled page. When training ends, request a run of the page.

        Parameters
        ----------
        stream : str
            Path of the stream.
        moves : bool
            True while training runs. Otherwise the page needs no run at the end.
        """
        wanted = {"awake": True, "parts": ["curves", "weights"], "lang": "en", "fresh": True}
        address = f"ws://{self._netloc}/{stream}"
        async for socket in connect(address, max_size=MOST_BYTES, additional_headers=self._headers):
            try:
                await socket.send(json.dumps(wanted))
                async for message in socket:
                    self.received += len(message)
                    if isinstance(message, bytes):
                        continue
                    state = json.loads(message)
                    self._headline, moves, had_moved = state["headline"], state["more"], moves
                    if had_moved and not moves:
                        self._watching = self._stream = None
                        await self.ask_for_run()
                        return
            except ConnectionClosed as closed:  # a visitor who reads too slowly comes back
                if closed.rcvd is not None and closed.rcvd.code == GONE:
                    self._watching = self._stream = None
                    return
            await asyncio.sleep(RETRY_SECONDS)

    def _keep_state(self, element: Element) -> None:
        """Store a widget's state when it appears or when the server sets it."""
        state = saved_state(element, known=id_of(element) in self._states)
        if state is not None:
            self._states[state.id] = state

    def _remove_stale(self, run: str, fragments: set[str]) -> None:
        """Remove the elements that the finished run of the page or fragments did not redraw."""
        for path, (_, drawn_by, fragment) in [*self._drawn.items()]:
            if drawn_by != run and (not fragments or fragment in fragments):
                del self._drawn[path]

    def _start_timer(self, fragment: str, interval: float) -> None:
        async def refresh() -> None:
            while True:
                await asyncio.sleep(interval)
                await self.ask_for_run(fragment=fragment, automatic=True)

        self._stop_timers([fragment])
        self._timers[fragment] = asyncio.create_task(refresh())

    def _stop_timers(self, fragments: list[str]) -> None:
        for fragment in fragments:
            if fragment in self._timers:
                self._timers.pop(fragment).cancel()
