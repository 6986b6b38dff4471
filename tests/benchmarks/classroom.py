"""Is one server enough for a class? N students press Train at the same time, then each uses a control every 2 s.

One student uses a real browser, headless Chromium with software rendering, which measures response times and frames.
The others speak the server's protocol (see `visitor.py`). Everything runs on this machine, loopback only, so the
browser and the visitors compete with the server for the processor. Each class trains several times with new weights,
so nothing is cached. It then repeats the last run, which is cached.

There are two kinds of class: identical settings, computed once for everyone, and a different seed per student. Each
class is preceded by its trainings alone, in a pool without pages: the unit in which its time is printed. With
--hostile, each class is held a second time, together with a visitor who takes all that a server gives, see
`attacks.everything`.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import math
import multiprocessing
import os
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from playwright.async_api import async_playwright

from digitviz import Hyperparameters, TrainingRun, load_digits
from digitviz.dashboard.train.buttons import DEFAULT_SPEED
from digitviz.training.engines import warm_up as compile_engine
from digitviz.training.pool import Job, Pool
from tests.benchmarks.attacks import SET_UP_SECONDS, attacked
from tests.benchmarks.report import machine, table
from tests.benchmarks.soak import level, visit
from tests.benchmarks.student import EVERY_SECONDS, SPEEDS, Seen, Student, wait
from tests.benchmarks.visitor import Visitor
from tests.browser.conftest import FLAGS, SIZES, Server
from tests.browser.install import find_chromium
from tests.waiting import wait_until

CLASSES = (1, 10, 30)
MOST_SESSIONS = 100
ROUNDS = 3
KINDS = ("same", "own")
SEEDS_APART = 1_000
"""Difference between the seeds of two visitors, because each round takes the next seed."""
MOST_SECONDS = 900.0
"""Time limit for a run."""
RATES = ("0.000001", "0.000002")
"""Learning rates between which a visitor switches: the notebook's, used for training, and another."""
WORTH = 1.2
"""Limit for what a hostile visitor may make of the others' time for training and for a click."""
WARM_UP = "batches=1&steps_per_batch=100&engine=compiled"
"""Settings that trigger the lazy imports and wait for the compiler."""


async def work(visitor: Visitor, over: asyncio.Event, first: float) -> None:
    """Switch the learning rate back and forth, starting after `first` seconds. End with the notebook's rate."""

    async def move(rate: str) -> None:
        # A control disappears briefly if its fragment reruns during a page run.
        await visitor.wait_until(lambda: visitor.has("hp_learning_rate"))
        await visitor.choose("hp_learning_rate", rate)

    if not await wait(over, first):
        for turn in itertools.count(1):
            await move(RATES[turn % 2])
            if await wait(over, EVERY_SECONDS):
                break
    await move(RATES[0])


async def until_done(visitor: Visitor) -> None:
    """Wait until the run started by Train has finished."""
    await visitor.wait_until(lambda: "finished" in visitor.progress, math.inf)


async def begin_anew(button: str, student: Student, visitors: list[Visitor]) -> None:
    """Press "New weights" or "Reset" in every session, and wait until each shows a run that has not started."""
    await asyncio.gather(student.press(button), *(visitor.click(button) for visitor in visitors))
    await asyncio.gather(
        student.until_not_started(),
        *(visitor.wait_until(lambda visitor=visitor: "not started" in visitor.progress) for visitor in visitors),
    )


async def once_more(student: Student, visitors: list[Visitor], seen: Seen) -> None:
    """Repeat the previous run in every session; it is cached by now."""
    await begin_anew("reset", student, visitors)
    begin = time.perf_counter()
    await asyncio.gather(student.press("train"), *(visitor.click("train") for visitor in visitors))
    await asyncio.gather(student.until_finished(), *(until_done(visitor) for visitor in visitors))
    seen.known.append(time.perf_counter() - begin)


async def lesson(student: Student, visitors: list[Visitor], seen: Seen, are_the_same: bool) -> None:
    """Press Train in every session at once, then use controls until all runs have finished."""
    if seen.done:  # not the first lesson
        await begin_anew("new_weights", student, visitors)
    over, begin = asyncio.Event(), time.perf_counter()
    ends: list[float] = []
    async with asyncio.TaskGroup() as group:
        done = [group.create_task(until_done(visitor)) for visitor in visitors]
        await asyncio.gather(student.train(), *(visitor.click("train") for visitor in visitors))
        for task in done:
            task.add_done_callback(lambda _: ends.append(time.perf_counter() - begin))
        done.append(group.create_task(student.until_done()))
        group.create_task(student.work(over))
        for place, visitor in enumerate(visitors):
            group.create_task(work(visitor, over, EVERY_SECONDS * (1 + place / len(visitors))))
        _, late = await asyncio.wait(done, timeout=MOST_SECONDS)
        for task in late:
            task.cancel()
        if late:
            seen.errors.append(f"{len(late)} trainings were not done after {MOST_SECONDS:.0f} s")
        seen.done.append(math.inf if late else time.perf_counter() - begin)
        if ends:
            quantiles = np.percentile(ends, [0, 50, 90, 100]).round(1).tolist()
            print(f"  visitors done after, s: first, half, nine tenths, all of {len(ends)}: {quantiles}", flush=True)
        over.set()
    shown = {await student.accuracy(), *(visitor.test_accuracy for visitor in visitors)}
    if are_the_same and len(shown) > 1 and not late:
        seen.errors.append(f"the same training ended at {sorted(shown)}")


def seeds_of(sessions: int, kind: str) -> list[int]:
    """Return the seed of each student in the first round. The first is the one with the browser."""
    return [SEEDS_APART * place * (kind == "own") for place in range(sessions)]


def bare_seconds(seeds: list[int], speed: str) -> float:
    """Return the time of the different trainings of a class in a pool of workers, without pages and visitors."""
    compile_engine()
    pool, digits = Pool(), load_digits()
    limit = None if speed == "fastest" else float(DEFAULT_SPEED)
    jobs = [Job(TrainingRun(digits, Hyperparameters(seed=seed)), limit) for seed in sorted(set(seeds))]
    begin = time.perf_counter()
    for job in jobs:
        job.owner = job
        job.run_to(job.run.total_steps)
        pool.submit(job)
    wait_until(lambda: not any(pool.progress(job).is_at_work for job in jobs), 3600)
    return time.perf_counter() - begin


def apart(function: Callable[..., float], *arguments: object) -> float:
    """Call a function in a process of its own, which leaves nothing behind."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        return process.submit(function, *arguments).result()


async def hold_class(
    sessions: int, speed: str, rounds: int, kind: str, program: str = "streamlit", hostile: bool = False
) -> Seen:
    """Start a server with the given program, run a class on it, and measure."""
    seen = Seen()
    with TemporaryDirectory() as folder:
        server = Server(Path(folder) / "log.txt", program, DIGITVIZ_HOME=str(Path(folder) / "home"))
        try:
            await visit(server, WARM_UP)
            before = level(server).bytes
            async with AsyncExitStack() as room, async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
                student = Student(await browser.new_page(**SIZES["desktop"], bypass_csp=True), seen)
                _, *seeds = seeds_of(sessions, kind)
                visitors = [await room.enter_async_context(Visitor(server.url, query=f"seed={seed}")) for seed in seeds]
                await student.sit_down(server.url, speed)
                for visitor in visitors:
                    await visitor.wait_until(lambda visitor=visitor: visitor.has("train"))
                    await visitor.choose("speed", SPEEDS[speed])
                if hostile:
                    room.enter_context(attacked(server.url))
                    await asyncio.sleep(SET_UP_SECONDS)
                for _ in range(rounds):
                    await lesson(student, visitors, seen, kind == "same")
                    if kind == "same" and speed == "fastest":
                        await once_more(student, visitors, seen)
                    seen.megabytes.append((level(server).bytes - before) / 1e6)
                seen.errors += [error for visitor in visitors for error in visitor.errors]
        except* Exception as failed:
            seen.errors += [f"{type(error).__name__}: {error}" for error in failed.exceptions]
        finally:
            server.stop()
        log = server.log.read_text()
        seen.errors += ["the server's log:\n" + log[-4000:]] * ("Traceback" in log)
    return seen


def times(seen: Seen) -> tuple[float, float, float]:
    """Return the median and the 95th percentile of the clicks, and the median until all had finished, in seconds."""
    answers = [seconds for clicks in seen.answers.values() for seconds in clicks]
    median, late = np.percentile(answers, [50, 95]) if answers else (np.nan, np.nan)
    return median, late, float(np.median(seen.done)) if seen.done else np.nan


def row(name: object, sessions: int, bare: float, seen: Seen) -> tuple[object, ...]:
    """Format the measurements as a row, with dashes if the class was aborted before any measurement."""
    median, late, done = times(seen)
    return (
        name,
        f"{1000 * median:.0f}",
        f"{1000 * late:.0f}",
        sum(map(len, seen.answers.values())),
        f"{seen.frames / seen.seconds:.1f}" if seen.seconds > 0 else "-",
        f"{bare:.1f}",
        f"{done:.1f}",
        f"{done / bare:.2f}",
        f"{max(seen.known, default=np.nan):.1f}",
        f"{max(seen.megabytes, default=np.nan) / sessions:.1f}",
        len(seen.errors),
    )


def main() -> None:
    """Print one row per class, and every error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--sessions",
        type=int,
        nargs="+",
        default=CLASSES,
        metavar="N",
        choices=range(1, MOST_SESSIONS + 1),
        help=f"numbers of students, at most {MOST_SESSIONS}",
    )
    parser.add_argument("--speed", choices=SPEEDS, default="default")
    parser.add_argument("--kind", choices=KINDS, default="same", help="identical settings, or one seed per student")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="number of runs per class")
    parser.add_argument(
        "--hostile", action="store_true", help="also beside a visitor who takes all that a server gives"
    )
    asked = parser.parse_args()
    print(machine())
    print(
        f"Speed: {SPEEDS[asked.speed]}. Settings: {asked.kind}. Load of the machine before: {os.getloadavg()[0]:.1f}\n",
        flush=True,
    )
    heads = [
        "sessions", "answer, ms, median", "answer, ms, p95", "clicks", "frames a second", "bare trainings, s",
        "all done, s, median", "in units of the bare", "once more, s", "MB a session", "errors",
    ]  # fmt: skip
    print(table(heads, []), flush=True)
    for sessions in asked.sessions:
        bare, classes = apart(bare_seconds, seeds_of(sessions, asked.kind), asked.speed), dict[object, Seen]()
        for hostile in range(1 + asked.hostile):
            name = f"{sessions} and a hostile visitor" if hostile else sessions
            seen = asyncio.run(hold_class(sessions, asked.speed, asked.rounds, asked.kind, hostile=bool(hostile)))
            classes[name] = seen
            print(table(row(name, sessions, bare, seen), []).splitlines()[0], flush=True)
        for name, seen in classes.items():
            medians = {click: f"{1000 * np.median(seconds):.0f}" for click, seconds in seen.answers.items() if seconds}
            print(f"\n{name}: median ms by click {medians}; all done, s {[round(done, 1) for done in seen.done]}")
            print(*(f"  {error}" for error in seen.errors), sep="\n")
        if asked.hostile:
            (_, late, done), (_, late_beside, done_beside) = map(times, classes.values())
            clicks, training = late_beside / late, done_beside / done
            print(f"\nA hostile visitor: p95 of a click x {clicks:.2f}, all done x {training:.2f} (to reach: {WORTH})")
        print(flush=True)


if __name__ == "__main__":
    main()
