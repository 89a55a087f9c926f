"""Parses many Python files, in several processes where that pays."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import msgpack

from jettison.project.source.facts import ModuleFacts
from jettison.project.source.notebook import parse_notebook
from jettison.project.source.parse import parse
from jettison.values import Origin, Skipped

# Bytes of source from which a second process saves more than it costs to start (measured: a
# process costs about 40 ms, a megabyte of source about 200 ms).
WORTH_IT = 1_000_000
_MOST = 8
_FACTS = msgpack.Decoder(ModuleFacts)

Answer = ModuleFacts | Skipped


def parse_files(
    root: Path, files: Sequence[tuple[str, int]], *, worth_it: int = WORTH_IT
) -> Iterator[Answer]:
    """Facts of each file, in the order given; what cannot be read gives Skipped.

    ``files`` are paths below ``root`` with their sizes in bytes.
    """
    total = sum(size for _, size in files)
    workers = min(os.cpu_count() or 1, _MOST, 1 + total // worth_it)
    if workers < 2 or sys.platform != "linux" or threading.active_count() > 1:  # noqa: PLR2004  # one is this process
        yield from (_parsed(root, path) for path, _ in files)
        return
    shares = [files[start::workers] for start in range(workers)]
    tasks = [(root, [path for path, _ in share]) for share in shares]
    import multiprocessing  # noqa: PLC0415 — most runs parse few files, and it starts slowly

    with multiprocessing.get_context("fork").Pool(workers, initializer=_quiet) as pool:
        parts = [iter(part) for part in pool.map(_parsed_share, tasks, chunksize=1)]
    for position in range(len(files)):
        answer = next(parts[position % workers])
        yield _FACTS.decode(answer) if isinstance(answer, bytes) else answer


def _quiet() -> None:
    """End without a word when the pool ends, and leave Ctrl-C to the process that is asked."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _parsed_share(task: tuple[Path, list[str]]) -> list[bytes | Answer]:
    root, paths = task
    return [_packed(_parsed(root, path)) for path in paths]


def _packed(answer: Answer) -> bytes | Answer:
    """Give facts as bytes, which reach the other process faster than values."""
    try:
        return msgpack.encode(answer) if isinstance(answer, ModuleFacts) else answer
    except UnicodeEncodeError:  # half of a character, which only Python's own way passes on
        return answer


def _parsed(root: Path, path: str) -> Answer:
    try:
        content = (root / path).read_bytes()
    except OSError as error:
        return unreadable(path, error)
    return parse_notebook(path, content) if path.endswith(".ipynb") else parse(path, content)


def unreadable(path: str, error: OSError) -> Skipped:
    """Say that a path of the project cannot be read."""
    return Skipped(
        what=path, reason=f"it cannot be read: {error.strerror}", origin=Origin(file=path)
    )
