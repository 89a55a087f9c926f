"""Compiles modules for an image: hash-based .pyc files as PEP 552 defines them.

Such files hold no time. Python does not look at the source again when it imports unchecked ones;
those of the application are checked, as a container may mount or edit a module of it.
"""

from __future__ import annotations

import hashlib
import os
import posixpath
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path, PurePosixPath

from msgspec import Struct, field

from jettison.errors import ProgramError, without_threads
from jettison.images.entry import Kind
from jettison.images.stores import sealed_bytes, sealed_file
from jettison.images.stores.cache import content_digest
from jettison.images.tar_writer import Member
from jettison.processes import CONFINE, NEUTRAL, helper, helper_environment, run
from jettison.records import discard

# The fixed order of sets, which the hashes of strings decide; nothing else of the environment.
_ENVIRONMENT = {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"}
# Sources of a batch in bytes. To start a process takes as long as to compile the smallest share.
_LARGEST_BATCH = 4 << 20
_SMALLEST_SHARE = 256 << 10
# A module that takes more is not compiled.
_MEMORY = 4 << 30
# One whose source is longer takes that much, and neither is it.
_LONGEST_SOURCE = 16 << 20

Module = tuple[str, bytes]


class Compiler(Struct, frozen=True, kw_only=True):
    """An interpreter that compiles for the Python ``version`` (``3.13.5``).

    ``command`` starts it, to which options are added; ``environment`` is what it needs besides.
    ``tree`` is the folder of the cache that it was unpacked to, empty for one of this machine.
    ``confined`` says that it is of an image that anybody may have made: it opens no connection and
    gets no further rights.
    """

    version: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    tree: str = ""
    confined: bool = False

    @property
    def tag(self) -> str:
        """The name of the cache that Python looks for: ``cpython-313``."""
        major, minor, *_ = self.version.split(".")
        return f"cpython-{major}{minor}"

    @property
    def identity(self) -> str:
        """What the bytes depend on besides the sources; for cache keys."""
        return f"{self.tag}/{self.version}/1"

    def cached_path(self, path: str) -> str:
        """Return where the bytecode of a module is: ``a/b.py`` -> ``a/__pycache__/b….pyc``."""
        module = PurePosixPath(path)
        return str(module.parent / "__pycache__" / f"{module.stem}.{self.tag}.pyc")

    def compiled(self, modules: Iterable[Module]) -> Iterator[tuple[str, bytes]]:
        """Yield path and content of the .pyc files of ``modules``, in their order.

        ``modules`` are pairs of the path in the image without a leading ``/``, and the source.
        Modules that do not compile are omitted, as pip does. The bytes depend on the paths, the
        sources and the interpreter's version alone. Raises ProgramError when the interpreter fails.
        """
        for batch in _batches(modules):
            shares = _shares(batch)
            results = [iter(share) for share in self._compile_all(shares)]
            for number, (path, _) in enumerate(batch):
                content = next(results[number % len(shares)])
                if content:
                    yield self.cached_path(path), content

    def _compile_all(self, shares: Sequence[Sequence[Module]]) -> list[list[bytes]]:
        """Compile each share in a process of its own, all at once."""
        if len(shares) == 1:
            return [self._compile(share) for share in shares]
        # Late: a single module, the usual case after a change, needs no pool.
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

        with ThreadPoolExecutor(len(shares)) as pool:
            return list(pool.map(self._compile, shares))

    def _compile(self, modules: Sequence[Module]) -> list[bytes]:
        """Return the content of each .pyc, empty for what does not compile."""
        frames = (frame for path, source in modules for frame in (b"/" + os.fsencode(path), source))
        command = helper(CONFINE, *self.command) if self.confined else self.command
        done = run(
            # Without -I, which would ignore the seed of hashes. A program given by -c has the
            # working directory on its path, so that is one without modules.
            (*command, "-s", "-S", "-c", _program()),
            stdin=b"".join(struct.pack("<I", len(frame)) + frame for frame in frames),
            environment={**helper_environment(), **_ENVIRONMENT, **self.environment},
            directory=NEUTRAL,
            bare=True,
            memory=_MEMORY,
        )
        found = list(_contents(done.stdout))
        if done.status or len(found) != len(modules):
            raise without_threads(done.error_text) or ProgramError(
                f"Python {self.version} failed to compile", why=done.error_text[-500:]
            )
        return found


def _batches(modules: Iterable[Module]) -> Iterator[list[Module]]:
    """Yield modules in their order, as many at once as are held in memory."""
    batch: list[Module] = []
    size = 0
    for path, source in modules:
        batch.append((path, source))
        size += len(source)
        if size >= _LARGEST_BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _shares(batch: Sequence[Module]) -> list[Sequence[Module]]:
    """Divide a batch among processes, as many as it is worth to start."""
    worth = 1 + sum(len(source) for _, source in batch) // _SMALLEST_SHARE
    count = max(1, min(os.cpu_count() or 1, len(batch), worth))
    return [batch[number::count] for number in range(count)]


def _contents(output: bytes) -> Iterator[bytes]:
    position = 0
    while position < len(output):
        good, position = _frame(output, position)
        content, position = _frame(output, position)
        yield content if good == b"\1" else b""


def _frame(output: bytes, position: int) -> tuple[bytes, int]:
    (size,) = struct.unpack_from("<I", output, position)
    start = position + 4
    return output[start : start + size], start + size


@cache
def _program() -> str:
    return Path(__file__).with_name("bytecode_worker.py").read_text(encoding="utf-8")


# The flags, behind the magic number, of a .pyc file whose source is compared with a hash.
_CHECKED = struct.pack("<I", 0b11)


def bytecode_members(
    compiler: Compiler | KeptBytecode, members: Iterable[Member], *, checked: bool = False
) -> tuple[Member, ...]:
    """Return the .pyc files of all modules among ``members``, and their directories.

    Python looks at the source of ``checked`` ones again. Owners and groups are those of the
    modules. Raises ProgramError when the compiler fails.
    """
    modules = {
        compiler.cached_path(member.entry.path): member
        for member in members
        if member.entry.kind is Kind.FILE
        and member.entry.path.endswith(".py")
        and member.entry.size <= _LONGEST_SOURCE
    }
    sources = ((member.entry.path, b"".join(member.content())) for member in modules.values())
    made: dict[str, Member] = {}
    for path, content in compiler.compiled(sources):
        entry = modules[path].entry
        directory = posixpath.dirname(path)
        made.setdefault(directory, Member.directory(directory).owned(entry.uid, entry.gid))
        flagged = content[:4] + _CHECKED + content[8:] if checked else content
        made[path] = Member.file(path, flagged).owned(entry.uid, entry.gid)
    return tuple(made[path] for path in sorted(made))


class KeptBytecode(Struct, frozen=True, kw_only=True):
    """A compiler that keeps what it made in ``folder``; any file there may vanish at any time."""

    compiler: Compiler
    folder: Path

    def cached_path(self, path: str) -> str:
        """Return where the bytecode of a module is."""
        return self.compiler.cached_path(path)

    def compiled(self, modules: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
        """Yield what ``Compiler.compiled`` does, in the same order."""
        for batch in _batches(modules):
            yield from self._of_batch(batch)

    def _of_batch(self, found: Sequence[Module]) -> Iterator[Module]:
        kept = [self._kept(path, source) for path, source in found]
        missing = [pair for pair, content in zip(found, kept, strict=True) if content is None]
        made = dict(self.compiler.compiled(missing)) if missing else {}
        for (path, source), content in zip(found, kept, strict=True):
            place = self.cached_path(path)
            result = made.get(place, b"") if content is None else content
            if content is None:
                with sealed_file(self._file(path, source)) as file:
                    file.write(result)
            if result:
                yield place, result

    def _kept(self, path: str, source: bytes) -> bytes | None:
        """Return what was made before, nothing in it for a module that does not compile."""
        return sealed_bytes(self._file(path, source))

    def _file(self, path: str, source: bytes) -> Path:
        running = hashlib.sha256(os.fsencode("\0".join((self.compiler.identity, path, ""))))
        running.update(source)
        return self.folder / running.hexdigest()


_SEAL = ".jettison-seal"
# What a process that compiles loads before it reads the first module.
_LOADED = ("", "encodings", "importlib", "collections", "lib-dynload")


def seal_tree(root: Path, compiler: Compiler) -> None:
    """Keep names and digests of the files that the interpreter below ``root`` loads."""
    with sealed_file(root / _SEAL) as file:
        file.write(_state(root, compiler))


def is_whole(root: Path, compiler: Compiler) -> bool:
    """Tell whether the interpreter is there and unchanged; a changed tree is removed.

    What it loads before the first module is read, some 20 MB, and not the rest of the tree.
    """
    if not root.exists():
        return False
    if sealed_bytes(root / _SEAL) == _state(root, compiler):
        return True
    discard(root)
    return False


def _state(root: Path, compiler: Compiler) -> bytes:
    running = hashlib.sha256()
    for folder in sorted(set(_folders(root, compiler))):
        if folder.is_dir():
            with os.scandir(folder) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
            for entry in found:
                if not entry.is_dir(follow_symlinks=False) and entry.name != _SEAL:
                    path = os.fsencode(entry.path.removeprefix(str(root)))
                    running.update(path + b"\0" + content_digest(Path(entry)) + b"\n")
    return running.digest()


def _folders(root: Path, compiler: Compiler) -> Iterator[Path]:
    for word in compiler.command:
        for path in word.split(":"):
            if Path(path).is_relative_to(root):
                yield Path(path) if Path(path).is_dir() else Path(path).parent
    home = Path(compiler.environment.get("PYTHONHOME", root))
    minor = ".".join(compiler.version.split(".")[:2])
    for name in _LOADED:
        folder = home / "lib" / f"python{minor}" / name
        yield from (folder, folder / "__pycache__")
