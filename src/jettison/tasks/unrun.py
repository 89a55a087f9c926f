"""Compare two images that cannot be run: what they declare, what they hold, and what imports.

An ordinary user of a plain container may make no namespaces and change no root. The images are
unpacked, and their own interpreters import the application through their own loaders.
"""

from __future__ import annotations

import errno
import os
import posixpath
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Unpack

from msgspec import Struct
from packaging.utils import canonicalize_name

from jettison.builder.image_base import through_loader
from jettison.contents.measurement import ImageMeasurement
from jettison.engines import EXECUTION_SECONDS, Execution, ImageFacts, Isolation
from jettison.engines.embedded import identity
from jettison.engines.embedded.chroot import CHROOT
from jettison.engines.embedded.engine import EmbeddedEngine
from jettison.engines.embedded.launch import ONLY
from jettison.images.stores.root import Root
from jettison.processes import CONFINE, Completed, helper, run
from jettison.verify import START, Verdict
from jettison.verify.checks import CHECKS
from jettison.verify.differential import verdict
from jettison.verify.interior import ask, interpreters
from jettison.verify.observation import Interior, Loaded, Observation
from jettison.verify.request import VerificationRequest

# The checks that need no running container.
_SHOWN = (
    "modules", "distributions", "environment", "entry-point", "labels", "python", "user",
)  # fmt: skip
_MOST_LINKS = 40
# Variables that tell a loader or Python where things are: those of the image name other places.
_OF_PLACES = ("LD_", "GLIBC_", "PYTHON", "PATH", "HOME", "TMPDIR")


def refused_in_chroot(isolation: Isolation, found: Verdict) -> str:
    """Say that the baseline does not start because of what a chroot refuses; else nothing.

    A datagram socket is one such thing: Flask's own server opens one to learn its address.
    """
    if isolation is not CHROOT or not found.dead_before:
        return ""
    start = next(check for check in found.checks if check.name == START)
    refused = [line for line in (*start.details, start.message) if os.strerror(errno.EPERM) in line]
    return f"the baseline does not start in a chroot: {refused[0].strip()}" if refused else ""


def compare_unrun(
    request: VerificationRequest,
    engine: EmbeddedEngine,
    images: tuple[ImageMeasurement, ImageMeasurement],
    why: str,
) -> Verdict:
    """Give the verdict on images that nothing can run here; ``why`` is what the kernel says."""
    unseen = {one.name: f"nothing can be run here: {why}" for one in CHECKS}
    for name in _SHOWN:
        del unseen[name]
    engine.isolation = Isolation(name="imports", unseen=unseen)
    before, after = (_observed(request, engine, one) for one in images)
    return verdict(request, engine, before, after)


def _observed(
    request: VerificationRequest, engine: EmbeddedEngine, image: ImageMeasurement
) -> Observation:
    facts = engine.inspect(image.id)
    tree = engine.unpacked(image.id)
    place = _interpreter(tree, facts)
    if place:
        kind = dict[str, tuple[bool, str]]
        modules, failed = ask(place, "python", "capabilities", {"modules": request.modules}, kind)
    else:
        modules, failed = None, "its interpreter cannot be started through its loader"
    found = modules or dict.fromkeys(request.modules, (False, failed))
    inner = Interior(
        user_id=identity(tree, facts.user).uid,
        python=image.python_version,
        distributions={canonicalize_name(one.name): one.version for one in image.distributions},
        certificates=0,
        time_zones={},
        programs={},
        libraries={},
        modules={name: Loaded(works=works, said=said) for name, (works, said) in found.items()},
        writable={},
        names={},
        secure=Loaded(works=False),
    )
    return Observation(facts=facts, interior=inner)


class _Interpreter(Struct, frozen=True, kw_only=True):
    """The Python of an unpacked image, started through its own loader, with no connections."""

    tree: Path
    command: tuple[str, ...]
    environment: Mapping[str, str]
    directory: Path

    def execute(self, command: tuple[str, ...], **how: Unpack[Execution]) -> Completed:
        """Run the interpreter with the arguments that a command gives it."""
        return run(
            helper(CONFINE, ONLY, str(self.tree), *self.command, *command[1:]),
            stdin=how.get("stdin", b""),
            into=how.get("into"),
            timeout=how.get("timeout", EXECUTION_SECONDS),
            environment={**self.environment, **how.get("environment", {})},
            directory=self.directory,
            bare=True,
        )


def _interpreter(tree: Path, facts: ImageFacts) -> _Interpreter | None:
    """Find the Python that the application uses; None where it cannot be started."""
    root = Root(tree)
    variables = dict(facts.environment)
    folders = variables.get("PATH", "/usr/local/bin:/usr/bin:/bin").split(":")
    for name in interpreters(facts):
        for path in (posixpath.join(folder, name) for folder in folders):
            program = _real(root, path)
            if program and (command := through_loader(tree, program)):
                own = {
                    name: _placed(tree, value)
                    for name, value in variables.items()
                    if not name.startswith(_OF_PLACES)
                }
                own["PYTHONHOME"] = str((tree / program).parent.parent)
                own["PYTHONPATH"] = ":".join(map(str, _sites(tree, path)))
                scratch = tree / ".jettison-scratch"
                scratch.mkdir(exist_ok=True)
                own["HOME"] = own["TMPDIR"] = str(scratch)
                working = tree / facts.working_directory.lstrip("/")
                return _Interpreter(tree=tree, command=command, environment=own, directory=working)
    return None


def _placed(tree: Path, value: str) -> str:
    """Give the value of a variable; one that is a path of the image is one of the tree."""
    place = f"{tree}{value}"
    return place if value.startswith("/") and os.path.lexists(place) else value


def _sites(tree: Path, path: str) -> list[Path]:
    """Give the distributions of the virtual environment that a program is of."""
    folder = tree / posixpath.dirname(posixpath.dirname(path)).lstrip("/")
    if not (folder / "pyvenv.cfg").is_file():
        return []
    return sorted((folder / "lib").glob("python3*/site-packages"))


def _real(root: Root, path: str) -> str:
    """Return where a program really is in an unpacked image; empty where there is none."""
    for _ in range(_MOST_LINKS):
        with root.spot(path.strip("/"), make=False) as spot:
            found = spot.stat() if spot else None
            if spot is None or found is None:
                return ""
            if not stat.S_ISLNK(found.st_mode):
                return spot.path
            link = os.readlink(spot.name, dir_fd=spot.parent)
            path = posixpath.join("/", posixpath.dirname(spot.path), link)
    return ""
