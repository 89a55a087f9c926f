"""Imports that were tried without a container, as values."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct, field

from jettison.values import Origin, Skipped


class Importable(Struct, frozen=True, kw_only=True):
    """A module of the project by the name that it is imported with; ``file`` is from its root."""

    name: str
    entry: bool = False


class Reachable(Struct, frozen=True, kw_only=True):
    """What production imports: modules of the project, and modules of distributions.

    ``python`` is the minor version that the distributions were chosen for. ``roots`` are the
    folders that modules are searched in, relative to the root of the project.
    ``externals`` maps modules that do not come from the project to a place that imports them and
    does not go on without them. ``environment`` are the variables of the image and its service.
    """

    python: str = ""
    roots: tuple[str, ...] = ("",)
    modules: tuple[Importable, ...] = ()
    externals: Mapping[str, Origin] = field(default_factory=lambda: MappingProxyType({}))
    environment: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


class Attempt(Struct, frozen=True, kw_only=True):
    """What came of one import.

    ``error`` is the class of what was raised, empty when it went well; ``missing`` the module that
    an ImportError names, and ``origin`` the last line of the project that led to it.
    """

    module: str
    error: str = ""
    missing: str = ""
    message: str = ""
    origin: Origin | None = None

    @property
    def lacks_import(self) -> bool:
        """Whether it failed because something could not be imported."""
        return self.error in ("ModuleNotFoundError", "ImportError")


class Loss(Struct, frozen=True, kw_only=True):
    """An import that works with everything installed, and not with what the plan leaves.

    ``distribution`` brings what is missing and ``requirement`` is the one that brought it; both are
    empty when no distribution is known to.
    """

    attempt: Attempt
    distribution: str = ""
    requirement: str = ""


class ImportResult(Struct, frozen=True, kw_only=True):
    """What a check of imports found.

    ``full`` and ``runtime`` are the names of the distributions before and after; ``python`` is the
    version that imported, ``image_python`` that of the image. ``imported`` counts modules that
    could be imported with the runtime set; ``failed`` are those that cannot be imported here with
    either. ``losses`` were found in the first plan, and ``kept`` are the requirements that stay
    because of them. ``skipped`` is what could not be tried. ``not_apart`` is empty when the code
    ran in namespaces of its own, else why the kernel did not allow that.
    """

    python: str
    image_python: str
    full: tuple[str, ...]
    runtime: tuple[str, ...]
    imported: int
    failed: tuple[Attempt, ...] = ()
    losses: tuple[Loss, ...] = ()
    kept: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    not_apart: str = ""

    @property
    def equivalent(self) -> bool:
        """Whether nothing that could be imported before is missing, and something was imported."""
        return not self.losses and (self.imported > 0 or self.full == self.runtime)
