"""The interpreter of a composed base as a compiler, run on this machine without installing it."""

from __future__ import annotations

import platform
import shutil
from pathlib import Path

from jettison.base.request import TRIPLETS, BaseTree
from jettison.bytecode.compiler import Compiler
from jettison.bytecode.program_tree import is_whole, seal_tree
from jettison.oci.entry import Kind
from jettison.oci.tar_writer import Member
from jettison.stores.files import partial_path, writing
from jettison.values import Skipped

_MACHINES = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
_LOADERS = {"amd64": "ld-linux-x86-64.so.2", "arm64": "ld-linux-aarch64.so.1"}


def host_architecture() -> str:
    """Return Debian's name of this machine's architecture, empty when no base can run here."""
    machine = _MACHINES.get(platform.machine(), "")
    return machine if platform.system() == "Linux" else ""


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
            what=f"bytecode by the Python {tree.python_version} of the composed base",
            reason="it does not run on this machine",
        )
    root = folder / tree.key
    found = _compiler(root, tree.interpreter, tree.python_version)
    if not is_whole(root, found):
        _write(tree, root)
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


def _write(tree: BaseTree, root: Path) -> None:
    """Write what the interpreter needs; the directory appears whole or not at all."""
    with writing(root), partial_path(root) as partial:
        try:
            for member in tree.members:
                if member.entry.path.startswith(("usr/bin/python", "usr/lib")):
                    _write_member(member, partial / member.entry.path)
            seal_tree(partial, _compiler(partial, tree.interpreter, tree.python_version))
            _appear(partial, root)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


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


def _appear(partial: Path, root: Path) -> None:
    try:
        partial.rename(root)
    except OSError:
        # Another process was quicker; its files are the same.
        if not root.exists():
            raise
