"""Run baseline and candidate, send both the same requests, decide: verdicts as values."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from msgspec import Struct, field, to_builtins

from jettison.values import Origin, Skipped

SCHEMA = "jettison.verdict/v1"
START, READY, COVERAGE = "start", "ready", "coverage"
# How a message says in which way other than the project's both were run.
WAY = "both were run "
# How a message says that not all was requested.
ROUTES, LIMITED = "routes", ": limit of "
# The checks that see the application at work. The others see what surrounds it.
BEHAVIOUR = (ROUTES, "test-suite", "workers", "modules")
# Imports alone show nothing of an application that is never run. How a message says so.
IMPORTS, NONE_EXECUTED = "modules", "none of the application's"


class Outcome(StrEnum):
    """What one check says. Only DIFFERENT stands against equivalence."""

    SAME = "same"
    IMPROVED = "improved"
    DIFFERENT = "different"
    SKIPPED = "skipped"


class CheckResult(Struct, frozen=True, kw_only=True):
    """One verification: ``message`` is one sentence without a full stop.

    ``before`` and ``after`` are short texts for a table; ``details`` name each thing that differs,
    ``notes`` what a reader may want to know besides.
    """

    name: str = ""
    outcome: Outcome
    message: str
    before: str = ""
    after: str = ""
    details: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def reported(self) -> tuple[str, ...]:
        """All that a report lists."""
        return (*self.details, *self.notes)


class Subject(Struct, frozen=True, kw_only=True):
    """One of the two images, and what was measured while it ran.

    ``startup_seconds`` is the median time until it was healthy, ``memory`` the bytes in use at
    rest; None where it could not be measured.
    """

    image: str
    startup_seconds: float | None
    memory: int | None


class Verdict(Struct, frozen=True, kw_only=True):
    """The result of a verification.

    ``isolation`` is how the images were kept apart: namespaces, chroot, or imports alone; empty
    where an engine did it, unless its containers reach services of this machine.
    """

    engine: str
    before: Subject
    after: Subject
    checks: tuple[CheckResult, ...]
    isolation: str = ""

    @property
    def equivalent(self) -> bool:
        """Whether no check found a difference, and one compared what the application does."""
        return not self.differences and self.compared

    @property
    def compared(self) -> bool:
        """Whether anything that the application does could be compared."""
        return any(
            check.name in BEHAVIOUR
            and check.outcome is not Outcome.SKIPPED
            and not (self.idle and check.name == IMPORTS)
            for check in self.checks
        )

    @property
    def idle(self) -> bool:
        """Whether the baseline was run, and executed no line of the application."""
        return any(
            check.name == COVERAGE and check.message.startswith(NONE_EXECUTED)
            for check in self.checks
        )

    @property
    def ran(self) -> bool:
        """Whether the images were run at all."""
        return any(
            check.name == START
            and (check.outcome is not Outcome.SKIPPED or self.is_of_ended(check))
            for check in self.checks
        )

    def is_of_ended(self, check: CheckResult) -> bool:
        """Whether a check says that both images were run, and refused to go on."""
        return check.name == START and check.outcome is Outcome.SKIPPED and bool(check.before)

    @property
    def dead_before(self) -> bool:
        """Whether the image before does not run itself, so that nothing could be compared."""
        return any(
            check.name == START
            and check.outcome is Outcome.DIFFERENT
            and check.before not in ("", READY)
            for check in self.checks
        )

    @property
    def differences(self) -> tuple[CheckResult, ...]:
        """The checks that stand against equivalence."""
        return tuple(check for check in self.checks if check.outcome is Outcome.DIFFERENT)

    @property
    def reasons(self) -> tuple[CheckResult, ...]:
        """Why it is not equivalent: what differs, or else what could not be compared."""
        return self.differences or tuple(
            check for check in self.checks if check.name in BEHAVIOUR and not self.compared
        )


def _check_document(check: CheckResult) -> dict[str, Any]:
    found: dict[str, Any] = to_builtins(check)
    found["details"] += found.pop("notes")
    return found


def verdict_document(verdict: Verdict) -> dict[str, Any]:
    """Give the verdict as what JSON can hold."""
    return {
        "schema": SCHEMA,
        "equivalent": verdict.equivalent,
        "engine": verdict.engine,
        "isolation": verdict.isolation,
        "before": to_builtins(verdict.before),
        "after": to_builtins(verdict.after),
        "checks": [_check_document(check) for check in verdict.checks],
    }


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
