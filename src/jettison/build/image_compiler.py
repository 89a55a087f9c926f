"""The interpreter of a base image as a compiler, run on this machine without a container."""

from __future__ import annotations

import shutil
from pathlib import Path

from jettison.build.base import BaseFacts
from jettison.bytecode.compiler import Compiler
from jettison.bytecode.composed import host_architecture
from jettison.bytecode.interpreters import host_compiler
from jettison.bytecode.program_tree import is_whole, seal_tree
from jettison.oci.image import Image
from jettison.stores.files import partial_path, writing
from jettison.stores.unpack import remove_unpacked, unpack
from jettison.values import Skipped

_LOADERS = ("lib64/ld-linux-x86-64.so.2", "lib/ld-linux-aarch64.so.1", "lib/ld-musl-*.so.1")
_LIBRARIES = ("usr/local/lib", "usr/lib/*-linux-gnu", "lib/*-linux-gnu", "usr/lib", "lib")


def image_compiler(image: Image, facts: BaseFacts, folder: Path) -> Compiler | Skipped:
    """Return the image's own interpreter where it runs here, else one of the same minor version.

    The image is unpacked below ``folder``, once; its interpreter is started through its own loader,
    so neither root nor a namespace is needed.
    """
    if image.platform.architecture != host_architecture():
        return host_compiler(facts.python)
    root = folder / image.config.digest.hex
    found = _compiler(root, facts)
    if root.exists() and (found is None or is_whole(root, found)):
        return found or host_compiler(facts.python)
    _unpack(image, root, facts)
    return _compiler(root, facts) or host_compiler(facts.python)


def _compiler(root: Path, facts: BaseFacts) -> Compiler | None:
    """Return the interpreter below ``root``; None when it cannot be started through its loader."""
    command = _command(root, facts)
    home = (root / facts.interpreter.lstrip("/")).parent.parent
    environment = {"PYTHONHOME": str(home)}
    if not command:
        return None
    return Compiler(version=facts.version, command=command, environment=environment, tree=str(root))


def _command(root: Path, facts: BaseFacts) -> tuple[str, ...]:
    """Return how the interpreter is started; nothing when a part of that is a link to elsewhere."""
    loader = next((place for name in _LOADERS for place in sorted(root.glob(name))), None)
    program = root / facts.interpreter.lstrip("/")
    if loader is None or not _inside(loader, root) or not _inside(program, root):
        return ()
    libraries = [str(place) for name in _LIBRARIES for place in sorted(root.glob(name))]
    return (str(loader), "--library-path", ":".join(libraries), str(program))


def _inside(place: Path, root: Path) -> bool:
    real = place.resolve()
    return real.is_relative_to(root.resolve()) and real.is_file()


def _unpack(image: Image, root: Path, facts: BaseFacts) -> None:
    """Unpack an image; the directory appears whole or not at all."""
    with writing(root), partial_path(root) as partial:
        partial.mkdir()
        try:
            unpack(image, partial)
            if found := _compiler(partial, facts):
                seal_tree(partial, found)
            if not root.exists():
                partial.rename(root)
        finally:
            if partial.exists():
                remove_unpacked(partial)
                shutil.rmtree(partial, ignore_errors=True)
