"""Work on many projects, each in a process of its own with limits; nothing of it stops the rest.

Without Ray the processes are those of this machine, and a pool of threads waits for them.
"""

from __future__ import annotations

import ctypes
import errno
import importlib
import os
import resource
import select
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from functools import cache
from multiprocessing import get_context, util
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from platform import node as host_name
from threading import Event, Lock, Thread
from typing import Any

from msgspec import Struct, field, msgpack

from jettison.assessment.fleet import Failure
from jettison.errors import DamagedCacheError, InterruptedByUserError, JettisonError
from jettison.images.stores.cache import cache_directory, cache_in_use
from jettison.images.stores.unpack import WORK, own_directory, working_folder
from jettison.processes.ending import end_children
from jettison.values import replace

# What planning imports; loaded once, so that a project costs no start of Python.
_PRELOADED = ["jettison.tasks.fleet.projects"]
_ATTEMPTS, _GRACE_SECONDS, _WATCHED_SECONDS = 3, 3.0, 0.25
# What threads and allocators reserve without touching it, which the kernel's limit counts.
_RESERVED = 1 << 30
_PDEATHSIG, _SAFE_PATH = 1, "PYTHONSAFEPATH"
_STARTING = Lock()


class Limits(Struct, frozen=True, kw_only=True):
    """The most that one project may take, and what must be free on the disk of the cache."""

    seconds: float = 900.0
    memory: int = 4_000_000_000
    disk: int = 500_000_000


class Job(Struct, frozen=True, kw_only=True):
    """Work on one project: ``module:function`` that takes ``argument``, msgpack, as a value."""

    name: str
    work: str
    argument: bytes
    limits: Limits = field(default_factory=Limits)


class Kept(Struct, frozen=True, kw_only=True):
    """What a job may give in place of its value: one that was made before of the same."""

    value: Any


class Done(Struct, frozen=True, kw_only=True):
    """What became of a job: its value as msgpack, or why there is none.

    ``kept`` says that the value was made before, ``full`` that the disk of ``node`` has no room, so
    that the job may go elsewhere.
    """

    name: str
    value: bytes = b""
    failure: Failure | None = None
    kept: bool = False
    seconds: float = 0.0
    node: str = ""
    full: bool = False


def run_here(jobs: Sequence[Job], workers: int) -> Iterator[Done]:
    """Yield what becomes of each job, in the order in which they end."""
    pool = ThreadPoolExecutor(max(1, workers), thread_name_prefix="jettison-fleet")
    left = Event()
    futures = [pool.submit(attempt, job, left) for job in jobs]
    try:
        for future in as_completed(futures):
            yield future.result()
    finally:
        left.set()
        pool.shutdown(cancel_futures=True)


def attempt(job: Job, left: Event | None = None) -> Done:
    """Do a job in a process of its own; whatever happens there is a value here.

    One that died is done again, unless nobody waits for it any more, as ``left`` says.
    """
    begun = time.monotonic()
    if full := lacks_room(job.limits.disk):
        return Done(name=job.name, failure=full, node=host_name(), full=True)
    for _ in range(_ATTEMPTS):
        done, again = _once(job, left)
        if not again or (left and left.is_set()):
            break
    lacking = done.failure is not None and done.failure.what == _FULL
    return replace(done, seconds=time.monotonic() - begun, node=host_name(), full=lacking)


_FULL = "no space is left on the disk"
_LARGE = "Raise --memory, or look at the project alone."


def lacks_room(needed: int) -> Failure | None:
    """Return the failure of a disk that has less than the needed bytes for the cache."""
    folder = cache_directory()
    with suppress(OSError):
        free = shutil.disk_usage(folder).free
        if free < needed:
            return Failure(
                what=_FULL,
                why=f"{folder} on {host_name()} has {free >> 20} MB, a project takes up to"
                f" {needed >> 20} MB",
                hint="Free the disk, set XDG_CACHE_HOME elsewhere, or lower --disk.",
            )
    return None


@cache
def _context() -> ForkServerContext:
    _keep_sockets()
    context = get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    return context


def _keep_sockets() -> None:
    """Have multiprocessing make its sockets where the next run finds them if this one is killed."""
    own = own_directory(WORK)
    util.Finalize(None, own.remove, exitpriority=-1000)
    before, tempfile.tempdir = tempfile.tempdir, str(own.path)
    try:
        util.get_temp_dir()
    finally:
        tempfile.tempdir = before


def _started(job: Job, pipe: Connection, own: str) -> ForkServerProcess:
    """Start a child; the server that forks it imports no module of the current folder."""
    with _STARTING:
        process = _context().Process(target=_child, args=(pipe, job, own, dict(os.environ)))
        kept = os.environ.get(_SAFE_PATH)
        os.environ[_SAFE_PATH] = "1"
        try:
            process.start()
        finally:
            os.environ.pop(_SAFE_PATH)
            os.environ.update({_SAFE_PATH: kept} if kept is not None else {})
    return process


def _once(job: Job, left: Event | None) -> tuple[Done, bool]:
    """Run it once; tell besides whether to run it again: the cache was damaged, or it died."""
    ours, theirs = _context().Pipe(duplex=False)
    with working_folder() as own:
        process = _started(job, theirs, str(own))
        theirs.close()
        try:
            if stopped := _stopped(ours, process.pid, job.limits, left):
                return Done(name=job.name, failure=stopped), False
            ended: tuple[Done, bool] = ours.recv()
        except (EOFError, OSError):
            process.join(1)
            return Done(name=job.name, failure=_died(process.exitcode)), True
        finally:
            _end(process)
            ours.close()
    return ended


def _stopped(
    pipe: Connection, process: int | None, limits: Limits, left: Event | None
) -> Failure | None:
    """Wait until there is a result, or say why the process is not waited for any longer."""
    until = time.monotonic() + limits.seconds
    while not pipe.poll(max(0.0, min(_WATCHED_SECONDS, until - time.monotonic()))):
        if time.monotonic() >= until:
            why = f"it was stopped after {limits.seconds:.0f} s"
            hint = "Raise --timeout, or look at the project alone."
            return Failure(what="it takes too long", why=why, hint=hint)
        if left and left.is_set():
            return Failure(what="it was stopped", why="nobody waits for it any more")
        if _resident(process) > limits.memory:
            return _too_large(limits)
    return None


def _resident(process: int | None) -> int:
    """Return the bytes that a process has in memory, 0 where the kernel does not tell (proc(5))."""
    with suppress(OSError, IndexError, ValueError):
        pages = Path(f"/proc/{process}/statm").read_text("ascii").split()[1]
        return int(pages) * resource.getpagesize()
    return 0


def _too_large(limits: Limits) -> Failure:
    why = f"it takes more than {limits.memory >> 20} MB"
    return Failure(what="it takes too much memory", why=why, hint=_LARGE)


def _died(status: int | None) -> Failure:
    name = signal.Signals(-status).name if status and status < 0 else f"status {status}"
    return Failure(what="its process ended early", why=name, hint=_LARGE)


def _end(process: ForkServerProcess) -> None:
    """End a child, which ends what it started; what is left of it is killed."""
    process.terminate()
    process.join(_GRACE_SECONDS)
    with suppress(ProcessLookupError, PermissionError):
        if process.pid:
            os.killpg(process.pid, signal.SIGKILL)
    process.join()


def _child(pipe: Connection, job: Job, own: str, environment: dict[str, str]) -> None:
    """Do the job and send what became of it; ends with what it started when it is killed."""
    os.setsid()
    _end_with_parent()
    # the server of forks was started with the environment of then
    os.environ.clear()
    os.environ.update(environment | {"TMPDIR": own})
    tempfile.tempdir = own
    # for a leap: short of memory, a thread of Python may wait for one that never began
    most = job.limits.memory + _RESERVED
    resource.setrlimit(resource.RLIMIT_DATA, (most, resource.RLIM_INFINITY))
    try:
        _end_when_stopped(pipe)
        with cache_in_use():
            result = _result(job)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    except KeyboardInterrupt:
        end_children()
        os._exit(InterruptedByUserError.exit_status)
    with suppress(BrokenPipeError):
        pipe.send(result)


def _end_when_stopped(pipe: Connection) -> None:
    """End this process, and what it started, on a signal, or when nobody reads the pipe.

    The server of forks does not end before its children, so that whoever was killed is not its
    parent.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    waiting = select.poll()
    waiting.register(pipe.fileno(), 0)

    def watch() -> None:
        waiting.poll()
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(_GRACE_SECONDS)
        os.killpg(0, signal.SIGKILL)

    Thread(target=watch, daemon=True).start()


def _end_with_parent() -> None:
    """Have the kernel end this process when the one that started it is gone (prctl(2))."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PDEATHSIG, signal.SIGKILL)


def _result(job: Job) -> tuple[Done, bool]:
    try:
        value = _work(job.work)(job.argument)
        kept = isinstance(value, Kept)
        packed = msgpack.encode(value.value if kept else value, enc_hook=str)
        return Done(name=job.name, value=packed, kept=kept), False
    except MemoryError:
        return Done(name=job.name, failure=_too_large(job.limits)), False
    except Exception as error:  # noqa: BLE001 — a project that breaks Jettison is a row, too
        failed = Done(name=job.name, failure=failure_of(error))
        return failed, isinstance(error, DamagedCacheError)


def failure_of(error: BaseException) -> Failure:
    """Return what people read of an error."""
    for one in (error, error.__cause__):
        if isinstance(one, OSError) and one.errno == errno.ENOSPC:
            return Failure(what=_FULL, why=str(error), hint="Free the disk.")
    if isinstance(error, JettisonError):
        return Failure(what=str(error), why=error.why, hint=error.hint)
    if isinstance(error, OSError):
        return Failure(what="a file cannot be used", why=str(error))
    return Failure(what="Jettison failed", why=f"{type(error).__name__}: {error}")


def _work(path: str) -> Callable[[bytes], Any]:
    module, _, name = path.partition(":")
    found: Callable[[bytes], Any] = getattr(importlib.import_module(module), name)
    return found


def workers_for(limits: Limits, asked: int | None) -> int:
    """Return how many jobs this machine does at once: its processors, as far as the disk goes."""
    if asked:
        return asked
    free = limits.disk
    with suppress(OSError):
        free = shutil.disk_usage(cache_directory()).free
    fitting = free // limits.disk if limits.disk else os.cpu_count() or 1
    return max(1, min(len(os.sched_getaffinity(0)), fitting))
