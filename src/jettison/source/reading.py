"""Reads a project from the disk: the one place where its tree and its source are touched."""

from __future__ import annotations

import gc
import json
import os
import signal
import stat
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct, msgpack

from jettison.records import open_regular, regular_bytes
from jettison.source import ModuleFacts, is_crontab, is_read, may_be_crontab
from jettison.source.cache import FACTS, SourceCache
from jettison.source.operations_lines import is_document
from jettison.source.parse import parse
from jettison.source.pickles import MOST, SUFFIXES, saved_in
from jettison.source.tree import Tree, TreeFile
from jettison.values import UNREAD_FOLDERS, Origin, Skipped


def parse_notebook(file: str, content: bytes) -> ModuleFacts:
    """Facts of the code cells, as one module; lines count within the joined cells."""
    try:
        cells = json.loads(content)["cells"]
        code = "\n".join(_code(cell) for cell in cells if cell.get("cell_type") == "code")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        skipped = Skipped(what=file, reason="not a notebook", origin=Origin(file=file))
        return ModuleFacts(file=file, skipped=skipped)
    return parse(file, code.encode())


def _code(cell: dict[str, object]) -> str:
    source = cell.get("source", "")
    text = "".join(map(str, source)) if isinstance(source, list) else str(source)
    lines = text.split("\n")
    if lines[0].startswith("%%"):  # a cell in another language
        return ""
    return "\n".join("" if line.lstrip().startswith(("%", "!", "?")) else line for line in lines)


# Bytes of source from which a second process saves more than it costs to start (measured: a
# process costs about 40 ms, a megabyte of source about 200 ms).
WORTH_IT = 1_000_000
_MOST = 8
# Where processes keep what they wait for each other with; not every container has it.
SHARED_MEMORY = "/dev/shm"  # noqa: S108 — it is only looked for
# No source is that large, and only notebooks with pictures come near.
LARGEST = 32 * 1024 * 1024
_LARGEST_TEXT = 4 * 1024 * 1024
# Bytes of saved objects that are looked at, after they were expanded.
_SAVED = 512 * 1024 * 1024

Answer = ModuleFacts | Skipped


def parse_files(root: Path, files: Sequence[tuple[str, int]]) -> Iterator[Answer]:
    """Facts of each file, in the order given; what cannot be read gives Skipped.

    ``files`` are paths below ``root`` with their sizes in bytes.
    """
    total = sum(size for _, size in files)
    workers = min(os.cpu_count() or 1, _MOST, 1 + total // WORTH_IT)
    alone = sys.platform != "linux" or threading.active_count() > 1
    if workers < 2 or alone or not os.access(SHARED_MEMORY, os.W_OK):  # noqa: PLR2004  # one is this process
        yield from (_parsed(root, path) for path, _ in files)
        return
    shares = [files[start::workers] for start in range(workers)]
    tasks = [(root, [path for path, _ in share]) for share in shares]
    import multiprocessing  # noqa: PLC0415 — most runs parse few files, and it starts slowly

    with multiprocessing.get_context("fork").Pool(workers, initializer=_quiet) as pool:
        parts = [iter(part) for part in pool.map(_parsed_share, tasks, chunksize=1)]
    for position in range(len(files)):
        answer = next(parts[position % workers])
        yield FACTS.decode(answer) if isinstance(answer, bytes) else answer


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
        with open_regular(root / path) as stream:
            content = stream.read(LARGEST + 1)
    except OSError as error:
        return unreadable(path, error)
    if len(content) > LARGEST:
        reason = f"it has more than {LARGEST >> 20} MiB"
        return Skipped(what=path, reason=reason, origin=Origin(file=path))
    return parse_notebook(path, content) if path.endswith(".ipynb") else parse(path, content)


OUTSIDE = "it is a link out of the project, which no build follows"


def leads_out(root: Path, path: str) -> bool:
    """Whether a path of the project is itself a link to something that lies outside of it."""
    place = f"{root}/{path}"
    # as text and not an object, for thousands of files
    if not os.path.islink(place):  # noqa: PTH114
        return False
    return not Path(os.path.realpath(place)).is_relative_to(root.resolve())


def unreadable(path: str, error: OSError) -> Skipped:
    """Say that a path of the project cannot be read."""
    return Skipped(
        what=path, reason=f"it cannot be read: {error.strerror}", origin=Origin(file=path)
    )


# Programs that carry out lists of removals, and the list beside each.
_REMOVAL = {
    "remove_files.py": "removed-files.txt",
    "jettison_removed.py": "removed-files.txt",
    "remove_system_files.py": "removed-system-files.txt",
    "sort_into_layers.py": "layers.txt",
}


class Sources(Struct, frozen=True, kw_only=True):
    """The facts of every Python file, sorted by path."""

    modules: tuple[ModuleFacts, ...]
    skipped: tuple[Skipped, ...] = ()


def read_tree(root: Path) -> Tree:
    """List every file below ``root`` without following links to folders."""
    files: dict[str, TreeFile] = {}
    left_out: dict[str, int] = {}
    skipped: list[Skipped] = []
    pending = [(str(root), "")]
    while pending:
        folder, prefix = pending.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            skipped.append(unreadable(prefix.rstrip("/") or ".", error))
            continue
        for entry in entries:
            path = prefix + entry.name
            try:
                if entry.is_dir(follow_symlinks=False):
                    if entry.name in UNREAD_FOLDERS or Path(entry.path, "pyvenv.cfg").is_file():
                        left_out[path] = folder_size(entry.path)
                    else:
                        pending.append((entry.path, path + "/"))
                elif entry.is_symlink() and leads_out(root, path):
                    skipped.append(Skipped(what=path, reason=OUTSIDE))
                elif (status := entry.stat()) and stat.S_ISREG(status.st_mode):
                    files[path] = TreeFile(
                        size=status.st_size,
                        modified_ns=status.st_mtime_ns,
                        executable=bool(status.st_mode & stat.S_IXUSR),
                    )
                elif not stat.S_ISDIR(status.st_mode):
                    skipped.append(
                        Skipped(what=path, reason="it is no file, but a pipe or the like")
                    )
            except OSError as error:
                skipped.append(unreadable(path, error))
    return Tree(files=dict(sorted(files.items())), left_out=left_out, skipped=tuple(skipped))


def read_text(root: Path, path: str) -> str | None:
    """Text of a file of the project; None when it is missing, too large or not UTF-8."""
    try:
        # as text: with thousands of files, paths as objects take longer than reading
        content = regular_bytes(f"{root}/{path}", _LARGEST_TEXT)
        text = content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return None
    return None if leads_out(root, path) else text


def read_texts(root: Path, tree: Tree) -> dict[str, str]:
    """Texts of the files that hold commands and settings: Dockerfiles, scripts, configuration."""
    found: dict[str, str] = {}
    for path, file in tree.files.items():
        known = is_read(path, size=file.size, executable=file.executable)
        if known or may_be_crontab(path, file.size):
            text = read_text(root, path)
            if text is not None and (known or is_crontab(text)):
                found[path] = text
    return found


def read_documents(root: Path, tree: Tree) -> dict[str, str]:
    """Texts that tell people how to run the project."""
    paths = (path for path, file in tree.files.items() if is_document(path, size=file.size))
    texts = ((path, read_text(root, path)) for path in paths)
    return {path: text for path, text in texts if text is not None}


def read_sources(root: Path, tree: Tree, *, cache: Path | None = None) -> Sources:
    """Facts of every Python file and notebook of the tree; a fault costs its file alone.

    ``cache`` is the folder of Jettison's caches; files whose size and time are those of the last
    run are taken from there. None reads everything again and writes nothing.
    """
    store = SourceCache(cache, root)
    answers: dict[str, ModuleFacts | Skipped | None] = {}
    with _without_collection():
        for path, file in _python_files(tree):
            answers[path] = store.get(path, file)
        missing = [(path, tree.files[path].size) for path, a in answers.items() if a is None]
        for (path, _), answer in zip(missing, parse_files(root, missing), strict=True):
            answers[path] = answer
            if isinstance(answer, ModuleFacts):
                store.put(path, tree.files[path], answer)
    modules = tuple(a for a in answers.values() if isinstance(a, ModuleFacts))
    store.save(keep=[facts.file for facts in modules])
    skipped = tuple(a for a in answers.values() if isinstance(a, Skipped))
    return Sources(modules=modules, skipped=skipped)


def read_pickles(root: Path, tree: Tree) -> dict[str, frozenset[str]]:
    """What each file of saved objects names, by its path: a class of every module.

    What is too large, or cannot be expanded, is omitted: what it names is not known.
    """
    left = _SAVED
    found: dict[str, frozenset[str]] = {}
    for path, file in tree.files.items():
        if path.lower().endswith(SUFFIXES) and 0 < file.size <= min(left, MOST):
            left -= file.size
            try:
                with open_regular(root / path) as stream:
                    found[path], looked_at = saved_in(stream)
            except (OSError, ValueError):
                continue
            left -= max(looked_at - file.size, 0)
    return found


def folder_size(folder: str) -> int:
    """Bytes of the regular files below a folder; what cannot be read counts nothing."""
    total = 0
    pending = [folder]
    while pending:
        try:
            entries = list(os.scandir(pending.pop()))
        except OSError:
            continue
        for entry in entries:
            try:
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
                elif entry.is_file(follow_symlinks=False):
                    total += entry.stat(follow_symlinks=False).st_size
            except OSError:
                continue
    return total


def _python_files(tree: Tree) -> Iterable[tuple[str, TreeFile]]:
    return [
        (path, file)
        for path, file in tree.files.items()
        if path.endswith((".py", ".ipynb")) and not _is_of_removal(path, tree)
    ]


def _is_of_removal(path: str, tree: Tree) -> bool:
    """Whether a file is one that carries out a list of removals while the image is built."""
    folder, _, name = path.rpartition("/")
    listed = _REMOVAL.get(name)
    return listed is not None and (f"{folder}/{listed}" if folder else listed) in tree.files


@contextmanager
def _without_collection() -> Iterator[None]:
    """Syntax trees hold no cycles, and searching them for some doubles the time of parsing."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
