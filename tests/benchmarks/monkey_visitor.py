"""A visitor that presses random controls of its page, and sometimes sends values that no page would send."""

from __future__ import annotations

import asyncio
import random
import urllib.error
import urllib.request
from collections import deque
from contextlib import suppress
from urllib.parse import quote

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.benchmarks.presses import ODD_QUERIES, ODD_WORDS, press
from tests.benchmarks.visitor import Visitor

ODD = 0.25
"""Probability of a value that the page would never send."""
MOST_PAUSE = 0.4
"""Maximum pause between two presses, in seconds."""
MOST_ANSWER_SECONDS = 3.0
"""Time after which a visitor without a response presses something else."""
MOST_PAGE_SECONDS = 90.0
PATHS = ("digitviz-assets/pictures/{}", "plotly/{}", "digitviz-assets/{}", "media/{}", "{}")


class Monkey(Visitor):
    """A visitor that acts at random.

    Parameters
    ----------
    url : str
        URL of a server on this machine.
    seed : int or str
    query : str
        Query string of the first page.

    Attributes
    ----------
    actions : int
        Number of actions so far.
    last : deque of str
        The latest actions.
    reports : list of str
        Errors, each with the actions before it.
    """

    def __init__(self, url: str, seed: int | str, query: str = "") -> None:
        super().__init__(url, page="", query=query)
        self.actions = 0
        self.last: deque[str] = deque(maxlen=4)
        self.reports: list[str] = []
        self.pages: dict[str, str] = {}
        self._chance = random.Random(seed)
        self._base = url
        self._reported = self._answers = 0
        self._is_stuck = False

    async def live(self, over: asyncio.Event) -> None:
        """Act repeatedly until `over` is set."""
        while not over.is_set():
            if self._listening.done():
                self._listening.result()
                break
            answers = self._answers
            await self._act()
            self.actions += 1
            with suppress(TimeoutError, ConnectionError):
                await self._answered(answers, MOST_ANSWER_SECONDS)
            self._report()
            await asyncio.sleep(self._chance.uniform(0, MOST_PAUSE))
        self._report()

    async def open_page(self) -> None:
        """Wait for the first page."""
        await self.wait_until(lambda: self.pages, MOST_PAGE_SECONDS)

    async def open_every_page(self) -> None:
        """Open all pages in sequence."""
        await self.open_page()
        for page in sorted(self.pages):
            answers = self._answers
            await self.go(page)
            await self._answered(answers, MOST_PAGE_SECONDS)

    async def _answered(self, answers: int, seconds: float) -> None:
        await self.wait_until(lambda: self._answers > answers, seconds)

    async def go(self, page: str, query: str = "") -> None:
        """Go to another page, by its name in the URL."""
        self._states.clear()
        self._page, self._page_hash, self._query = page, self.pages[page], query
        await self.ask_for_run()

    async def _act(self) -> None:
        dice = self._chance.random()
        odd = self._chance.random() < ODD
        if self.pages and (dice < 0.08 or self._is_stuck):
            self._is_stuck = False
            page = self._chance.choice(sorted(self.pages))
            query = self._chance.choice(ODD_QUERIES) if odd else ""
            self._note(f"goes to {page!r} {query!r}")
            await self.go(page, query)
        elif dice < 0.12:
            await self._knock()
        else:
            await self._press(odd)

    async def _press(self, odd: bool) -> None:
        candidates = [*self._drawn.values()]
        self._chance.shuffle(candidates)
        for element, _, fragment in candidates:
            pressed = press(element, self._chance, odd)
            if pressed is None:
                continue
            state, once = pressed
            self._note(f"{'odd' if odd else ''} {' '.join(str(state).split())[:300]}")
            if not once:
                self._states[state.id] = state
            await self.ask_for_run(state if once else None, fragment)
            return
        await self.ask_for_run()

    async def _knock(self) -> None:
        """Send an odd request to a route. None may fail."""
        path = self._chance.choice(PATHS).format(quote(self._chance.choice(ODD_WORDS)[:200]))
        if self._stream and self._chance.random() < 0.5:
            path = f"{self._stream}/stops?batch={quote(self._chance.choice(ODD_WORDS)[:200])}&run=1"
        self._note(f"asks for {path}")
        status = await asyncio.to_thread(self._status, f"{self._base}/{path}")
        if status >= 500:
            self.errors.append(f"{status} for {path}")
        self._answers += 1

    @staticmethod
    def _status(url: str) -> int:
        try:
            with urllib.request.urlopen(url, timeout=60) as answer:
                return answer.status
        except urllib.error.HTTPError as refused:
            return refused.code

    def _take(self, message: ForwardMsg) -> None:
        super()._take(message)
        if message.WhichOneof("type") == "navigation":
            self.pages = {page.url_pathname: page.page_script_hash for page in message.navigation.app_pages}
        elif message.WhichOneof("type") == "script_finished":
            self._answers += 1

    def _note(self, action: str) -> None:
        page = next((name for name, known in self.pages.items() if known == self._page_hash), "")
        self.last.append(f"on /{page}: {action}")

    def _report(self) -> None:
        self._is_stuck = len(self.errors) > self._reported
        for error in self.errors[self._reported :]:
            self.reports.append("\n    ".join([error, *self.last]))
        self._reported = len(self.errors)
