"""Interpreters that compile bytecode, and the standard library's own bytecode as a layer."""

from __future__ import annotations

import os
import platform
import posixpath
import sys
from collections.abc import Iterator
from pathlib import Path

from jettison.builder import FIXED_TIME
from jettison.builder.base import BaseFacts
from jettison.builder.bytecode import Compiler, bytecode_members, is_whole, seal_tree
from jettison.builder.foundation import FoundationLayer, layer_of
from jettison.errors import ProgramError
from jettison.images.descriptor import Platform
from jettison.images.entry import Kind
from jettison.images.image import Image
from jettison.images.stores.blobs import SegmentCache
from jettison.images.stores.unpack import whole_folder
from jettison.images.tar_writer import Member
from jettison.plan.minimal_base import TRIPLETS, BaseTree
from jettison.processes import run
from jettison.values import Skipped

_SECONDS = 20
_QUESTION = (
    "import platform, sys; "
    "print(platform.python_implementation(), sys.version_info.releaselevel, "
    "platform.python_version())"
)


def host_compiler(python: str) -> Compiler | Skipped:
    """Return a CPython of the minor version ``python`` (``3.13``) that this machine has.

    It is the one that runs Jettison or ``python3.13`` in a directory of the search path. Bytecode
    does not depend on architecture or system, and not on the patch version once one is released.
    """
    if platform.python_implementation() == "CPython" and _version()[:2] == python.split("."):
        return Compiler(version=".".join(_version()), command=(sys.executable,))
    for path in _candidates(f"python{python}"):
        version = _released_version(path)
        if version.startswith(f"{python}."):
            return Compiler(version=version, command=(str(path),))
    return Skipped(
        what=f"bytecode for Python {python}",
        reason=f"there is no python{python} on this machine to compile it",
    )


def _version() -> list[str]:
    return [str(part) for part in sys.version_info[:3]]


def _candidates(name: str) -> Iterator[Path]:
    for directory in os.environ.get("PATH", "").split(os.pathsep):
        path = Path(directory) / name
        # A folder that is not absolute may lie in a project, which is not asked to run anything.
        if path.is_absolute() and os.access(path, os.X_OK):
            yield path


def _released_version(path: Path) -> str:
    """Return the version of a released CPython, or nothing."""
    try:
        done = run((str(path), "-IESc", _QUESTION), timeout=_SECONDS)
    except (ProgramError, OSError):
        return ""
    words = done.text.split()
    return words[2] if done.status == 0 and words[:2] == ["CPython", "final"] else ""


_LOADERS = {"amd64": "ld-linux-x86-64.so.2", "arm64": "ld-linux-aarch64.so.1"}


def host_architecture() -> str:
    """Return Debian's name of this machine's architecture, empty when no base can run here."""
    machine = Platform.parse(platform.machine()).architecture
    return machine if platform.system() == "Linux" and machine in _LOADERS else ""


def composed_compiler(tree: BaseTree, folder: Path) -> Compiler | Skipped:
    """Return the interpreter of a base for this machine's architecture.

    Its files are written below ``folder``, once; it is started through its own loader, so neither
    root nor a namespace is needed and the machine's own libraries do not matter. Bytecode does not
    depend on the architecture, so a base for another one is compiled by that for this machine.
    """
    architecture = host_architecture()
    directory = f"usr/lib/{TRIPLETS.get(architecture)}"
    loader = f"{directory}/{_LOADERS.get(architecture)}"
    if loader not in {member.entry.path for member in tree.members}:
        return Skipped(
            what=f"bytecode by the Python {tree.python_version} of the minimal base",
            reason="it does not run on this machine",
        )
    root = folder / tree.key
    found = _compiler(root, tree.interpreter, tree.python_version)
    if not is_whole(root, found):
        with whole_folder(root) as partial:
            for member in tree.members:
                if member.entry.path.startswith(("usr/bin/python", "usr/lib")):
                    _write_member(member, partial / member.entry.path)
            seal_tree(partial, _compiler(partial, tree.interpreter, tree.python_version))
    return found


def kept_compiler(key: str, interpreter: str, version: str, folder: Path) -> Compiler | None:
    """Return what ``composed_compiler`` made before of the tree with this key, if it is there."""
    if not host_architecture():
        return None
    found = _compiler(folder / key, interpreter, version)
    return found if is_whole(folder / key, found) else None


def _compiler(root: Path, interpreter: str, version: str) -> Compiler:
    architecture = host_architecture()
    directory = root / f"usr/lib/{TRIPLETS[architecture]}"
    program = root / interpreter.lstrip("/")
    command = (
        str(directory / _LOADERS[architecture]), "--library-path", str(directory), str(program)
    )  # fmt: skip
    home = {"PYTHONHOME": str(root / "usr")}
    return Compiler(version=version, command=command, environment=home, tree=str(root))


def _write_member(member: Member, path: Path) -> None:
    if member.entry.kind is Kind.DIRECTORY:
        path.mkdir(parents=True, exist_ok=True)
    elif member.entry.kind is Kind.SYMLINK and not member.entry.link.startswith("/"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(member.entry.link)
    elif member.entry.kind is Kind.FILE:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.writelines(member.content())
        path.chmod(member.entry.mode & 0o777)


_FORMAT = "1"
# What servers never import.
_UNCOMPILED = ("test", "tests", "idlelib", "tkinter", "turtledemo", "lib2to3", "ensurepip",
               "pydoc_data", "site-packages", "dist-packages")  # fmt: skip


def is_compiled(path: str) -> bool:
    """Tell whether a module of the standard library is worth its bytecode in an image."""
    return not set(path.split("/")[:-1]) & set(_UNCOMPILED)


def library_layer(
    image: Image, facts: BaseFacts, compiler: Compiler, cache: SegmentCache
) -> FoundationLayer | None:
    """Compile the standard library; None when the image has bytecode of it already."""
    folder = _folder(facts)
    if any(path.startswith(f"{folder}/") and path.endswith("/__pycache__") and is_compiled(path)
           and path.count("/") == folder.count("/") + 1 for path in facts.directories):  # fmt: skip
        return None
    parts = ("standard library", _FORMAT, str(image.config.digest), compiler.identity)
    key = "\n".join(parts)
    segment = cache.get(key)
    if segment is None:
        members = bytecode_members(compiler, _sources(image, folder))
        segment = cache.put(key, [member.dated(FIXED_TIME) for member in members])
    return layer_of([segment], cache)


def _folder(facts: BaseFacts) -> str:
    prefix = posixpath.dirname(posixpath.dirname(facts.interpreter)).lstrip("/")
    return f"{prefix}/lib/python{facts.python}"


def _sources(image: Image, folder: str) -> Iterator[Member]:
    """Yield the modules that are visible in the image."""
    tree = image.tree()
    for number, layer in enumerate(image.layers):
        for read in layer.entries():
            path = read.entry.path
            placed = tree.paths.get(path)
            if (
                path.startswith(f"{folder}/")
                and path.endswith(".py")
                and read.entry.kind is Kind.FILE
                and placed is not None
                and placed.layer == number
                and is_compiled(path)
            ):
                yield Member.file(path, b"".join(read.chunks()))
