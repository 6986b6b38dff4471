"""How much does a visitor who requests everything a server offers disturb the others?

One visitor trains the notebook's network at its preset speed and switches the loss axis. Another process, with its own
cookie, runs one of the attacks. Each row uses a new server and first measures the visitor alone.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import multiprocessing
import os
import re
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from digitviz.dashboard.session.lease import COOKIE, new_key
from tests.benchmarks.report import machine, table
from tests.benchmarks.visitor import Visitor
from tests.browser.conftest import Server

SECONDS = 12.0
"""Length of each measurement."""
BETWEEN_CLICKS = 0.25
SET_UP_SECONDS = 6
"""Time after which an attacker has set up its pages."""
LONG = "batches=2000&steps_per_batch=500"
LARGEST = "hidden=512-512-512-512&optimizer=adam&batch_size=2000&batches=2000"


async def repeat(ask: Callable[[], Awaitable[object]]) -> None:
    """Repeat a request forever, and ignore its errors."""
    while True:
        try:
            await ask()
        except (LookupError, TimeoutError, OSError, asyncio.IncompleteReadError, WebSocketException):
            await asyncio.sleep(0.01)


def addresses(visitor: Visitor, form: str) -> list[str]:
    """Find URLs in the elements on the page."""
    page = b"".join(element.SerializeToString() for element in visitor.elements).decode("latin-1")
    return [*dict.fromkeys(re.findall(form, page.replace("\\u0026", "&")))]


async def fetch(url: str, path: str) -> None:
    """Request a URL on a new connection and read the whole response."""
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET /{path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
    try:
        while await reader.read(1_000_000):
            pass
    finally:
        writer.close()


async def trained(room: AsyncExitStack, url: str, cookie: str, query: str = LONG) -> Visitor:
    """Open a page and press Train."""
    visitor = await room.enter_async_context(Visitor(url, "train", query, cookie))
    await visitor.wait_until(lambda: visitor.has("train"))
    await visitor.click("train")
    await visitor.wait_until(lambda: visitor.has("pause"))
    return visitor


async def streams(url: str, cookie: str, room: AsyncExitStack) -> None:
    """Request all curves and weights on 20 connections, as often as they accept a request."""
    visitor = await trained(room, url, cookie)
    form = r"digitviz-stream/[\w-]+"
    await visitor.wait_until(lambda: addresses(visitor, form))
    (stream,) = addresses(visitor, form)
    everything = json.dumps({"awake": True, "parts": ["curves", "weights"], "lang": "en", "fresh": True})

    async def ask() -> None:
        async with connect(f"{url.replace('http', 'ws', 1)}/{stream}", max_size=None) as socket:
            reading = asyncio.create_task(read(socket))
            try:
                while True:
                    await socket.send(everything)
            finally:
                reading.cancel()

    async def read(socket: ClientConnection) -> None:
        async for _ in socket:
            pass

    await asyncio.gather(*(repeat(ask) for _ in range(20)))


async def at_rest(room: AsyncExitStack, url: str, cookie: str) -> Visitor:
    """Open a page with a finished run."""
    visitor = await trained(room, url, cookie, "batches=400&steps_per_batch=50")
    await visitor.choose("speed", "full speed")
    await visitor.wait_until(lambda: "finished" in visitor.progress)
    await asyncio.sleep(1)
    return visitor


async def stops(url: str, cookie: str, room: AsyncExitStack) -> None:
    """Request the weights of all checkpoints on 40 connections."""
    form = r"digitviz-stream/[\w-]+/stops\?run=\w+&step=\d+"
    visitor = await at_rest(room, url, cookie)
    await visitor.wait_until(lambda: addresses(visitor, form))
    address = addresses(visitor, form)[0]
    await asyncio.gather(*(repeat(lambda: fetch(url, address)) for _ in range(40)))


async def files(url: str, cookie: str, room: AsyncExitStack) -> None:
    """Download the history on 8 connections."""
    form = r"digitviz-files/[\w-]+/\w+"
    visitor = await at_rest(room, url, cookie)
    await visitor.open_box("downloads_box")
    await visitor.wait_until(lambda: addresses(visitor, form))
    found = [address for address in addresses(visitor, form) if "history" in address or "csv" in address]
    await asyncio.gather(*(repeat(lambda: fetch(url, (found or addresses(visitor, form))[0])) for _ in range(8)))


async def copies(url: str, cookie: str, room: AsyncExitStack) -> None:
    """Request distorted copies repeatedly, with different settings each time."""
    shares = iter(np.random.default_rng().uniform(0.5, 0.9, 10_000))

    async def once() -> None:
        async with Visitor(url, "train", f"distorted=true&train_fraction={next(shares):.4f}", cookie) as visitor:
            await visitor.wait_until(lambda: visitor.has("train"), 30)
            await visitor.click("train")
            await asyncio.sleep(2)  # the server still finishes the copies it has started

    await asyncio.gather(*(repeat(once) for _ in range(4)))


async def maps(url: str, cookie: str, room: AsyncExitStack) -> None:
    """Recompute maps repeatedly in four tabs."""

    async def again(visitor: Visitor) -> None:
        await visitor.click("map_again")
        await asyncio.sleep(0.3)

    queries = ("method=umap", "method=tsne", "method=isomap", "method=mds")
    tabs = [await room.enter_async_context(Visitor(url, "map", query, cookie)) for query in queries]
    for tab in tabs:
        await tab.wait_until(lambda tab=tab: tab.has("map_again"))
    await asyncio.gather(*(repeat(lambda tab=tab: again(tab)) for tab in tabs))


async def tabs(url: str, cookie: str, room: AsyncExitStack) -> None:
    """Train the largest network in 20 tabs, with a different seed in each."""
    await asyncio.gather(*(trained(room, url, cookie, f"{LARGEST}&seed={seed}") for seed in range(20)))
    await asyncio.Event().wait()


async def messages(url: str, cookie: str, room: AsyncExitStack) -> None:
    """Request runs of the page in 20 tabs, as fast as the connections accept them."""
    pages = [await room.enter_async_context(Visitor(url, "train", LONG, cookie)) for _ in range(20)]

    async def flood(page: Visitor) -> None:
        await page.wait_until(lambda: page.has("train"))
        while True:
            await page.ask_for_run()

    await asyncio.gather(*(repeat(lambda page=page: flood(page)) for page in pages))


CONTROLS = {
    "hp_learning_rate": ("0.000001", "0.000002"),
    "speed": ("full speed", "16,000 steps per second"),
    "train_view": ("curves", "both"),
}


async def everything(url: str, cookie: str, room: AsyncExitStack) -> None:
    """Train the largest network in 20 tabs, and move their controls all at once, as fast as the connections accept."""

    async def flood(page: Visitor) -> None:
        for turn in itertools.count():
            await page.choose_all({key: options[turn % 2] for key, options in CONTROLS.items()})

    async def sit_down(page: Visitor) -> None:
        with suppress(TimeoutError):
            await page.wait_until(lambda: page.has("train"))
            await page.click("train")  # which the server may refuse
        await repeat(lambda: flood(page))

    tabs = (Visitor(url, "train", f"{LARGEST}&seed={seed}", cookie) for seed in range(20))
    await asyncio.gather(*[sit_down(await room.enter_async_context(tab)) for tab in tabs])


ATTACKS = {attack.__name__: attack for attack in (copies, maps, streams, stops, files, tabs, messages, everything)}


def attack(name: str, url: str) -> None:
    """Run one of the attacks until this process is terminated."""
    os.setsid()  # Linux compares priorities within a session only, and sessions with each other
    os.nice(19)  # leave the processor to the server, as a remote attacker would
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text("19")

    async def go() -> None:
        async with AsyncExitStack() as room:
            await ATTACKS[name](url, f"{COOKIE}={new_key()}", room)

    asyncio.run(go())


@contextmanager
def attacked(url: str, name: str = "everything") -> Iterator[None]:
    """Run an attack in another process."""
    attacker = multiprocessing.get_context("spawn").Process(target=attack, args=(name, url), daemon=True)
    attacker.start()
    try:
        yield
    finally:
        attacker.kill()
        attacker.join()


async def watch(visitor: Visitor, seconds: float) -> tuple[np.ndarray, float]:
    """Return the response times of clicks, in milliseconds, and the steps per second."""
    waits, axes = list[float](), ("log", "linear")
    await visitor.choose("train_view", "curves")
    await visitor.wait_until(partial(visitor.has, "loss_axis"))
    first, begin = step_of(visitor), time.perf_counter()
    while time.perf_counter() - begin < seconds or len(waits) < 5:
        asked = time.perf_counter()
        await visitor.choose("loss_axis", axes[len(waits) % 2])
        visitor._changed.clear()
        await visitor._changed.wait()
        waits.append(1000 * (time.perf_counter() - asked))
        await asyncio.sleep(BETWEEN_CLICKS)
    return np.array(waits), (step_of(visitor) - first) / (time.perf_counter() - begin)


def step_of(visitor: Visitor) -> int:
    """Return the step shown in the headline."""
    found = re.search(r"[\d,]+", visitor.progress)
    return int(found.group().replace(",", "")) if found else 0


async def beside(name: str) -> list[str]:
    """Measure a visitor alone, then during an attack."""
    with TemporaryDirectory() as folder:
        server = Server(Path(folder) / "log.txt", DIGITVIZ_HOME=f"{folder}/home")
        try:
            async with AsyncExitStack() as room:
                await asyncio.sleep(10)  # wait for the server's warm-up
                visitor = await trained(room, server.url, f"{COOKIE}={new_key()}", LONG + "&seed=5")
                await visitor.wait_until(lambda: step_of(visitor) > 0)
                alone, steps_alone = await watch(visitor, SECONDS)
                with attacked(server.url, name):
                    await asyncio.sleep(SET_UP_SECONDS)
                    waits, steps = await watch(visitor, SECONDS)
        finally:
            server.process.kill()
            server.process.wait()
    (p50, p95), (q50, q95) = np.percentile(alone, [50, 95]), np.percentile(waits, [50, 95])
    return [
        name,
        f"{p50:.0f} / {p95:.0f}",
        f"{q50:.0f} / {q95:.0f}",
        f"{steps_alone:,.0f}",
        f"{steps / steps_alone:.2f}",
    ]


def main() -> None:
    """Print one row per attack."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("attacks", nargs="*", metavar="attack", help=", ".join(ATTACKS))
    print(machine(), "\n")
    heads = ("attack", "click alone, ms, p50 / p95", "beside it (p95 to reach: 300)", "steps/s alone", "part left (.5)")
    print(table(heads, []), flush=True)
    for name in parser.parse_args().attacks or ATTACKS:
        print(table(asyncio.run(beside(name)), []).splitlines()[0], flush=True)


if __name__ == "__main__":
    main()
