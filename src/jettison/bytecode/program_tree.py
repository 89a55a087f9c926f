"""Whether an unpacked interpreter is still as it was unpacked: it runs on this machine."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from jettison.bytecode.compiler import Compiler
from jettison.records import discard
from jettison.stores.seals import sealed_bytes, sealed_file

_SEAL = ".jettison-seal"
# What a process that compiles loads before it reads the first module.
_LOADED = ("", "encodings", "importlib", "collections", "lib-dynload")


def seal_tree(root: Path, compiler: Compiler) -> None:
    """Keep names, sizes and times of the files that the interpreter below ``root`` loads."""
    with sealed_file(root / _SEAL) as file:
        file.write(_state(root, compiler))


def is_whole(root: Path, compiler: Compiler) -> bool:
    """Tell whether the interpreter is there and unchanged; a changed tree is removed.

    Reading all of it would take longer than most compilations do, so sizes and times have to do.
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
                    status = entry.stat(follow_symlinks=False)
                    line = f"{entry.path}\0{status.st_size}\0{status.st_mtime_ns}\n"
                    running.update(line.removeprefix(str(root)).encode("utf-8", "surrogateescape"))
    return running.digest()


def _folders(root: Path, compiler: Compiler) -> Iterator[Path]:
    for word in compiler.command:
        for path in word.split(":"):
            if Path(path).is_relative_to(root):
                yield Path(path) if Path(path).is_dir() else Path(path).parent
    home = Path(compiler.environment.get("PYTHONHOME", root))
    minor = ".".join(compiler.version.split(".")[:2])
    yield from (home / "lib" / f"python{minor}" / name for name in _LOADED)
