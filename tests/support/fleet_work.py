"""Work that jobs of a fleet do in tests: what goes well, and what goes wrong in every way."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import threading
import time
from pathlib import Path

from msgspec import msgpack

from jettison.errors import ProjectError


def counted(argument: bytes) -> int:
    """Note in a folder that a job was done, and double its number."""
    number, folder = msgpack.decode(argument, type=tuple[int, str])
    time.sleep(0.05)
    Path(folder, f"{number}-{os.getpid()}").touch()
    return 2 * number


def hangs(_argument: bytes) -> int:
    """Do not end."""
    time.sleep(600)
    return 0


def starts_and_hangs(argument: bytes) -> int:
    """Start a program that nobody ends, as an interrupt in time leaves one behind; do not end."""
    started = subprocess.Popen(["sleep", "600"], start_new_session=True)
    mark = Path(msgpack.decode(argument, type=str))
    mark.with_suffix(".part").write_text(str(started.pid))
    mark.with_suffix(".part").rename(mark)
    time.sleep(600)
    return 0


def hungry(_argument: bytes) -> int:
    """Take all memory."""
    return len(bytearray(64 << 30))


def grows(_argument: bytes) -> int:
    """Take more and more memory, and then wait."""
    held = []
    for _ in range(30):
        held.append(bytearray(b"x") * (10 << 20))
        time.sleep(0.05)
    time.sleep(600)
    return len(held)


def reserves(_argument: bytes) -> int:
    """Have threads with large stacks, which they do not touch."""
    threading.stack_size(64 << 20)
    ended = threading.Event()
    threads = [threading.Thread(target=ended.wait, daemon=True) for _ in range(6)]
    for thread in threads:
        thread.start()
    ended.set()
    return len(threads)


def dies(_argument: bytes) -> int:
    """End without a word."""
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def dies_once(argument: bytes) -> int:
    """End without a word, but not again."""
    mark = Path(msgpack.decode(argument, type=str))
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return 1


def refuses(_argument: bytes) -> int:
    """Fail as Jettison does."""
    raise ProjectError("no Dockerfile", why="there is none", hint="Write one.")


def breaks(_argument: bytes) -> int:
    """Fail as a mistake in Jettison would."""
    raise KeyError("x")


def fills(_argument: bytes) -> int:
    """Find no room on the disk."""
    raise OSError(errno.ENOSPC, "No space left on device")
