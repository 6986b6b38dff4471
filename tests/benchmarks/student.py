"""The one student of a class with a real browser, which measures response times and frames."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field

from playwright.async_api import ConsoleMessage, Page, expect

from tests.browser.conftest import STREAMLITS_OWN

EVERY_SECONDS = 2.0
MOST_ANSWER_SECONDS = 15.0
POLLING_MILLISECONDS = 200
"""Polling interval. Playwright's default polls on every frame, which would keep the browser drawing."""
TOOLS = ("reset", "new_weights")  # what is under "Speed, reset"
SPEEDS = {"default": "16,000 steps per second", "fastest": "full speed"}

IN_PAGE = """
const MOST_ANSWER_SECONDS = 15;
window.digitvizTest = {
  words: () => document.querySelector('.st-key-progress')?.textContent ?? '', // innerText would lay the page out
  finished: () => digitvizTest.words().includes('finished'),
  plot: () => document.querySelector('.st-key-losses .digitviz-plot'),
  frames: () => Number(digitvizTest.plot()?.dataset.frames ?? 0),
  axis: () => digitvizTest.plot()?._fullLayout?.yaxis?.type,
  button: (place, words) =>
    [...document.querySelectorAll(`.st-key-${place} button`)].find((button) => button.textContent.includes(words)),

  // Presses Train and notes how long the training ran and how many frames were drawn meanwhile.
  train: () => {
    let begin, last, drawn = 0;
    digitvizTest.ended = null;
    digitvizTest.button('train', 'Train').click();
    const watching = setInterval(() => {
      const frames = digitvizTest.frames();
      if (begin === undefined) {
        if (digitvizTest.finished()) return; // still the last one
        [begin, last] = [performance.now(), frames];
      }
      drawn += frames < last ? frames : frames - last; // a plot that is put up anew counts anew
      last = frames;
      if (!digitvizTest.finished()) return;
      clearInterval(watching);
      digitvizTest.ended = [drawn, (performance.now() - begin) / 1000];
    }, 20);
  },

  // Clicks, and waits until the page shows the answer: seconds, at most 15, or null if there is nothing to click.
  answer: (place, words, answered) => new Promise((done) => {
    const button = digitvizTest.button(place, words);
    if (!button || button.disabled) return done(null);
    const start = performance.now();
    const look = () => {
      const waited = (performance.now() - start) / 1000;
      if (answered() || waited > MOST_ANSWER_SECONDS) done(waited);
      else if (place === 'pause' && digitvizTest.finished()) done(null);
      else requestAnimationFrame(look);
    };
    button.click();
    look();
  }),
};
"""
CLICKS = {
    "pause": "digitvizTest.answer('pause', 'Pause', () => digitvizTest.button('pause', 'Resume'))",
    "resume": "digitvizTest.answer('pause', 'Resume', () => digitvizTest.button('pause', 'Pause'))",
    "log": "digitvizTest.answer('loss_axis', 'log', () => digitvizTest.axis() === 'log')",
    "linear": "digitvizTest.answer('loss_axis', 'linear', () => digitvizTest.axis() === 'linear')",
}
"""What is clicked, and how the page then shows it: a new label on the button, or a new axis on the drawn plot."""


@dataclass
class Seen:
    """Measurements of a class.

    Attributes
    ----------
    answers : dict of str to list of float
        Seconds from each click in the browser to its effect there, by the control clicked.
    frames, seconds : float
        Number of drawings of the loss curves in the browser during its run, and the time they took.
    done : list of float
        Seconds until all runs had finished, one value per round.
    known : list of float
        Seconds until all cached runs had finished again, one value per round.
    megabytes : list of float
        Memory of the server in addition to its memory before the class, one value per round.
    errors : list of str
    """

    answers: dict[str, list[float]] = field(default_factory=lambda: {click: [] for click in CLICKS})
    frames: float = 0
    seconds: float = 0
    done: list[float] = field(default_factory=list)
    known: list[float] = field(default_factory=list)
    megabytes: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


class Student:
    """The student with the real browser."""

    def __init__(self, page: Page, seen: Seen) -> None:
        self.page, self.seen = page, seen
        self._axes = itertools.cycle(["log", "linear"])
        page.on("pageerror", lambda error: seen.errors.append(f"browser: {error}"))
        page.on("console", self._hear)

    def _hear(self, said: ConsoleMessage) -> None:
        if said.type == "error" and not STREAMLITS_OWN.search(said.text):
            self.seen.errors.append(f"browser: {said.text}")

    async def sit_down(self, url: str, speed: str) -> None:
        """Open the page and set the speed."""
        await self.page.add_init_script(IN_PAGE)
        await self.page.goto(f"{url}/train")
        await self.page.locator(".st-key-losses .main-svg").first.wait_for()
        await self.press("step")  # the views are offered from the first step on
        await self.page.locator(".st-key-train_view").get_by_role("radio", name="Curves").click()
        await self.page.locator(".st-key-loss_axis").wait_for()  # curves alone have a choice of axes
        await self.press("reset")
        await self.until_not_started()
        await self.page.locator(".st-key-losses .main-svg").first.wait_for()
        if speed == "fastest":
            async with self.tools():
                await self.page.locator(".st-key-speed input").focus()
                await self.page.keyboard.press("End")
                await expect(self.page.locator(".st-key-speed")).to_contain_text(SPEEDS[speed])

    @asynccontextmanager
    async def tools(self) -> AsyncIterator[None]:
        """Open "Speed, reset", and close it again."""
        await self.page.locator(".st-key-tools [data-testid=stPopoverButton]").click()
        yield
        await self.page.keyboard.press("Escape")

    async def press(self, button: str) -> None:
        """Press a button without waiting for the effect."""
        async with self.tools() if button in TOOLS else nullcontext():
            await self.page.locator(f".st-key-{button} button").click()

    async def until_not_started(self) -> None:
        """Wait until the page shows a run that has not started."""
        await expect(self.page.locator(".st-key-progress")).to_contain_text("not started", timeout=60_000)

    async def until_finished(self) -> None:
        """Wait until the page shows a finished run."""
        await expect(self.page.locator(".st-key-progress")).to_contain_text("finished", timeout=60_000)

    async def train(self) -> None:
        """Press Train."""
        await self.page.evaluate("digitvizTest.train()")

    async def until_done(self) -> None:
        """Wait until the run has finished."""
        ended = await self.page.wait_for_function("digitvizTest.ended", timeout=0, polling=POLLING_MILLISECONDS)
        frames, seconds = await ended.json_value()
        self.seen.frames += frames
        self.seen.seconds += seconds

    async def work(self, over: asyncio.Event) -> None:
        """Switch the axis, pause and resume, repeatedly until the lesson is over."""
        while not await wait(over, EVERY_SECONDS):
            await self._click(next(self._axes))
            await self._click("pause")
            stood_still = await self._click("resume") or 0  # nothing is drawn while paused
            self.seen.seconds -= stood_still

    async def _click(self, what: str) -> float | None:
        seconds = await self.page.evaluate(CLICKS[what])
        if seconds is not None:
            self.seen.answers[what].append(seconds)
            if seconds > MOST_ANSWER_SECONDS:
                self.seen.errors.append(f"browser: no answer to {what} in {MOST_ANSWER_SECONDS:.0f} s")
        return seconds

    async def accuracy(self) -> str:
        """Return the test accuracy on the page."""
        return await self.page.locator(".digitviz-live .value").inner_text()


async def wait(over: asyncio.Event, seconds: float) -> bool:
    """Wait at most `seconds`. Return True as soon as the lesson is over."""
    try:
        async with asyncio.timeout(seconds):
            return await over.wait()
    except TimeoutError:
        return False
