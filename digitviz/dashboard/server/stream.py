"""The stream: the server sends each tab the data of its run in training, or of its experiment, over one WebSocket.

A browser says what it shows and up to which step it has the curves. The server sends the missing data, at most 25
times a second. It has no queue: a browser that was slow, hidden or disconnected gets all missing data as one block. A
block is encoded once for all tabs that see the same run at the same step, or the same part of an experiment's tape.
"""

import asyncio
import json
import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import Any
from weakref import ref

from starlette.websockets import WebSocket, WebSocketDisconnect

from digitviz.dashboard.components import stream as blocks
from digitviz.dashboard.runtime.shared import shared
from digitviz.dashboard.session.current_run import ATTACHED, SessionRun, press_at_once
from digitviz.dashboard.session.lease import held_by, lease_of
from digitviz.dashboard.session.open_runs import pool
from digitviz.dashboard.session.open_sweeps import SHOWN
from digitviz.dashboard.train import accuracy, happening, live
from digitviz.language import nearest, speaking
from digitviz.shares import give_way
from digitviz.training.pool import Job
from digitviz.training.run import Snapshot

FRAME_SECONDS, STATE_SECONDS, WEIGHTS_SECONDS, EXPERIMENT_SECONDS = 0.04, 0.25, 0.5, 0.5
"""Shortest time between two blocks of curves, two states of a run, two sets of weights and two states of an experiment.
A pause is sent with the next frame."""
BEAT_SECONDS = 1.0
"""Longest time between two states, so that a browser notices a silent server within 3 s."""
STALLED_SECONDS = 10.0
"""Maximum time for sending one message. After that, the server disconnects the browser."""
REST, REST_OF_ALL = 3.0, 2.0
"""Pause after an owner's blocks and after the blocks of all owners, as a multiple of the time for encoding them. So the
server answers clicks first."""
MAX_REQUEST_BYTES = 2_000
MAX_SOCKETS, MAX_AT_ADDRESS = 30, 100
"""Maximum number of connections: of an owner (more than anyone has tabs open), and of all browsers that reject cookies
at one address, such as a class behind one router."""
MAX_BLOCKS = 200
"""Maximum number of cached blocks."""
PARTS = frozenset({"curves", "weights", "tape"})
GONE, TOO_MANY, TOO_LONG = 4404, 4429, 1009
"""Close codes: closed session, too many connections, and a request or a message that takes too long."""
NEVER = -1e9

log = logging.getLogger(__name__)


@dataclass(eq=False)
class Viewer:
    """A connected tab, and the data that it has.

    Attributes
    ----------
    parts : frozenset of str
        The visible ones of `PARTS`.
    is_awake : bool
        False if the tab wants no messages, because its page is hidden.
    shows_experiment : bool
        True if the page shows an experiment, not the run.
    run, step : str and int
        Id of the run whose curves it has, and the step up to which it has them. For an experiment, the id of its tape
        and the number of rows.
    state, state_read : str and int
        The last state sent, and the time of the last one read, in units of the interval between two states.
    sees_running : bool
        True if the run was running then.
    weights : tuple of str and int
        Serial and step of its weights.
    network : str
        Serial of the run whose initial weights it has.
    awaited : list of Future of bytes
        Blocks with weights that are sent once they are encoded.
    """

    socket: WebSocket
    token: str
    owner: str
    language: str = "en"
    parts: frozenset[str] = frozenset()
    is_awake: bool = False
    shows_experiment: bool = False
    run: str = ""
    step: int = 0
    state: str = ""
    state_sent: float = NEVER
    state_read: int = -1
    sees_running: bool = False
    weights: tuple[str, int] = ("", -1)
    weights_read: float = NEVER
    network: str = ""
    awaited: list[asyncio.Future[bytes]] = field(default_factory=list)
    sending: asyncio.Task[None] | None = None
    sending_since: float = 0.0

    def ask(self, request: dict[str, Any]) -> None:
        """Read a request from the browser. Untrusted."""
        parts, step, run = request.get("parts"), request.get("step"), request.get("run")
        self.language = nearest(str(request.get("lang")))
        self.parts = frozenset(part for part in PARTS if isinstance(parts, list) and part in parts)
        self.is_awake = request.get("awake") is True
        self.shows_experiment = request.get("experiment") is True
        if request.get("fresh") is True:  # a rerun, a new connection or a page that was hidden
            self.run = run if isinstance(run, str) else ""
            self.step = step if type(step) is int and step >= 0 else 0
            self.network, self.weights, self.awaited, self.state = "", ("", -1), [], ""
            self.state_read, self.weights_read = -1, NEVER

    def send(self, messages: Sequence[str | bytes], now: float, code: int | None = None) -> None:
        """Send messages in a separate task, then close the connection if there is a `code`."""
        self.sending, self.sending_since = asyncio.create_task(_send(self.socket, messages, code)), now
        self.is_awake &= code is None


@dataclass(eq=False)
class Stream:
    """Sends all tabs of this server their missing data, in one task that ends with the last tab."""

    viewers: list[Viewer] = field(default_factory=list)
    task: asyncio.Task[None] | None = None
    encoded: int = 0
    _blocks: OrderedDict[tuple[object, ...], asyncio.Future[bytes]] = field(default_factory=OrderedDict)
    _rests: dict[str, float] = field(default_factory=dict)
    _encoder: Executor = field(default_factory=lambda: ThreadPoolExecutor(1, "digitviz-encoder", give_way))

    def add(self, viewer: Viewer) -> None:
        """Serve a tab from now on."""
        self.viewers.append(viewer)
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self._run())

    def remove(self, viewer: Viewer) -> None:
        """Stop serving a tab."""
        self.viewers.remove(viewer)
        if viewer.sending is not None:
            viewer.sending.cancel()

    async def _run(self) -> None:
        loop, by_owner = asyncio.get_running_loop(), attrgetter("owner")
        while self.viewers:
            began, spent = loop.time(), 0.0
            for owner, theirs in groupby(sorted(self.viewers, key=by_owner), by_owner):
                if self._rests.get(owner, 0.0) > loop.time():
                    continue
                taken = 0.0
                for viewer in theirs:
                    started = loop.time()
                    if viewer in self.viewers:
                        self.serve(viewer, started)
                    taken += loop.time() - started
                    await asyncio.sleep(0)  # answer clicks between two tabs
                spent += taken
                self._rests[owner] = loop.time() + REST * taken
            self._rests = {owner: until for owner, until in self._rests.items() if until > loop.time()}
            await asyncio.sleep(max(FRAME_SECONDS - (loop.time() - began), REST_OF_ALL * spent))

    def serve(self, viewer: Viewer, now: float) -> None:
        """Send a tab its missing data, or disconnect it if its session is closed or it does not read."""
        if viewer.sending is not None and not viewer.sending.done():
            if now - viewer.sending_since > STALLED_SECONDS:
                viewer.sending.cancel()
                viewer.send([], now, TOO_LONG)
            return
        if not viewer.is_awake:
            return
        attached = held_by(viewer.token, ATTACHED)
        if attached is None or attached.job is None:
            viewer.send([], now, GONE)
            return
        try:
            is_run = not viewer.shows_experiment
            messages = self._of_run(viewer, attached, attached.job, now) if is_run else self._of_experiment(viewer, now)
        except Exception:  # other tabs must not suffer from it
            log.exception("cannot send the data of a run")
            viewer.send([], now, TOO_LONG)
            return
        if messages:
            viewer.send(messages, now)

    def _of_run(self, viewer: Viewer, attached: SessionRun, job: Job, now: float) -> list[str | bytes]:
        """Return the new data of the session's run, its headline and the other texts.

        All tabs get new texts in the same interval, so that they are encoded once, and immediately when the run starts
        or pauses.
        """
        snapshot, time = job.run.snapshot, int(now / STATE_SECONDS)
        messages: list[str | bytes] = [*self._curves(viewer, snapshot), *self._weights(viewer, job, snapshot, now)]
        if viewer.state_read == time and viewer.sees_running != job.is_leaving:
            return messages
        progress, judged, token = pool().progress(job), accuracy.known(job), viewer.token
        viewer.state_read, viewer.sees_running = time, progress.is_running
        more = progress.is_at_work or accuracy.is_awaited(job)

        def encode() -> bytes:
            words = {"names": live.names(job.run.snapshot), "happening": happening.now(job, progress)}
            return json.dumps({"headline": live.headline(job, progress), "more": more, **words}).encode()

        tip = replace(progress, steps_per_second=0.0, seconds_left=None)  # these change without a step
        with speaking(viewer.language):
            known = ref(job), tip, job.speed, judged and judged.moment, more  # no run, which would stay in memory
            text = self._block((viewer.language, *known), encode).result().decode()
            own = {"unsaved": live.unsaved(token), "waits": live.waits(token), "resumes": progress.can_resume}
        attached.resumes = progress.can_resume
        return messages + self._state(viewer, f"{text[:-1]}, {json.dumps(own)[1:]}", now)

    def _of_experiment(self, viewer: Viewer, now: float) -> list[str | bytes]:
        """Return the new rows of the tape of the session's experiment, and the texts."""
        shown = held_by(viewer.token, SHOWN)
        if shown is None:
            return []
        messages: list[str | bytes] = []
        work, time = shown.work, int(now / EXPERIMENT_SECONDS)
        run, step = work.serial, len(work.tape)
        since = viewer.step if viewer.run == run and viewer.step <= step else 0
        if "tape" in viewer.parts and (viewer.run, since) != (run, step):
            viewer.run, viewer.step = run, step
            messages.append(self._block((run, since, step), lambda: blocks.tape_block(work, since, step)).result())
        if viewer.state_read != time:
            viewer.state_read = time
            with speaking(viewer.language):
                messages += self._state(viewer, json.dumps(shown.state()), now)
        return messages

    def _state(self, viewer: Viewer, text: str, now: float) -> list[str]:
        """Return the texts about the run or the experiment, unless the tab has just received them."""
        if text == viewer.state and now - viewer.state_sent < BEAT_SECONDS:
            return []
        viewer.state, viewer.state_sent = text, now
        return [text]

    def _curves(self, viewer: Viewer, snapshot: Snapshot) -> list[bytes]:
        history, step = snapshot.history, snapshot.step
        run = blocks.curves_of(history)
        since = viewer.step if viewer.run == run and viewer.step <= step else 0
        if since == step or "curves" not in viewer.parts:
            return []
        viewer.run, viewer.step = run, step
        return [self._block((run, since, step), lambda: blocks.curves_block(history, since)).result()]

    def _weights(self, viewer: Viewer, job: Job, snapshot: Snapshot, now: float) -> list[bytes]:
        """Return the weights if the tab does not have them, in a later turn than the network, so that turns are short.

        Another thread encodes those of a large network.
        """
        run, network, moment = job.run, snapshot.network, (snapshot.history.serial, snapshot.weights_step)
        if "weights" not in viewer.parts:
            return []
        digits, is_large = run.test[: live.MAX_DIGITS], network.parameters.size > blocks.MAX_WEIGHTS
        if not viewer.awaited and now - viewer.weights_read >= WEIGHTS_SECONDS:
            if viewer.network != moment[0]:
                encode = partial(blocks.network_block, network, run.initial_parameters, digits, moment[0])
                viewer.awaited.append(self._block(("network", moment[0]), encode, is_large))
                viewer.network = moment[0]
            else:
                if viewer.weights != moment:
                    encode = partial(blocks.weights_block, network, digits, *moment)
                    viewer.awaited.append(self._block(("weights", *moment), encode, is_large))
                viewer.weights_read, viewer.weights = now, moment
        if not all(block.done() for block in viewer.awaited):
            return []
        done, viewer.awaited = viewer.awaited, []
        return [block.result() for block in done]

    def _block(
        self, key: tuple[object, ...], encode: Callable[[], bytes], elsewhere: bool = False
    ) -> asyncio.Future[bytes]:
        """Return a block from the cache, or encode it, in another thread if `elsewhere`."""
        if key not in self._blocks or self._blocks[key].cancelled():
            self.encoded += 1
            if elsewhere:
                block = asyncio.get_running_loop().run_in_executor(self._encoder, encode)
            else:
                block = asyncio.get_running_loop().create_future()
                block.set_result(encode())
            self._blocks[key] = block
            while len(self._blocks) > MAX_BLOCKS:
                self._blocks.popitem(last=False)
        return self._blocks[key]


async def _send(socket: WebSocket, messages: Sequence[str | bytes], code: int | None = None) -> None:
    """Send messages, then close the connection if there is a `code`."""
    with suppress(WebSocketDisconnect, RuntimeError):  # `stream` handles a disconnected browser
        for message in messages:
            await (socket.send_bytes(message) if isinstance(message, bytes) else socket.send_text(message))
        if code is not None:
            await socket.close(code)


async def stream(socket: WebSocket) -> None:
    """Serve a tab, identified by the token in the URL, until it disconnects or its session closes."""
    await socket.accept()
    token = socket.path_params["token"]
    session, served = lease_of(token), shared().get(Stream)
    owner = "" if session is None else session.owner
    most = MAX_AT_ADDRESS if owner.startswith("at ") else MAX_SOCKETS
    if session is None or sum(other.owner == owner for other in served.viewers) >= most:
        await _send(socket, [], GONE if session is None else TOO_MANY)
        return
    viewer = Viewer(socket, token, owner)
    served.add(viewer)
    try:
        async for text in socket.iter_text():
            if len(text) > MAX_REQUEST_BYTES:
                await _send(socket, [], TOO_LONG)
                return
            request = _read(text)
            viewer.ask(request)
            if press_at_once(token, request.get("pressed")):
                served.serve(viewer, asyncio.get_running_loop().time())
            await asyncio.sleep(FRAME_SECONDS)  # further requests wait in the connection
    except (WebSocketDisconnect, RuntimeError, KeyError):
        return  # KeyError: it sent bytes, not text
    finally:
        served.remove(viewer)


def _read(text: str) -> dict[str, Any]:
    """Return a browser's request. Empty for anything invalid."""
    with suppress(ValueError, RecursionError):
        request = json.loads(text)
        return request if isinstance(request, dict) else {}
    return {}
