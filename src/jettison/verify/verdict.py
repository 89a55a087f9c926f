"""What a verification found, as values."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from msgspec import Struct, to_builtins

SCHEMA = "jettison.verdict/v1"
START, READY, COVERAGE = "start", "ready", "coverage"
# The checks that see the application at work. The others see what surrounds it.
BEHAVIOUR = ("routes", "test-suite", "workers", "modules")


class Outcome(StrEnum):
    """What one check says. Only DIFFERENT stands against equivalence."""

    SAME = "same"
    IMPROVED = "improved"
    DIFFERENT = "different"
    SKIPPED = "skipped"


class CheckResult(Struct, frozen=True, kw_only=True):
    """One verification: ``message`` is one sentence without a full stop.

    ``before`` and ``after`` are short texts for a table; ``details`` name each thing that differs,
    or that a reader may want to know about.
    """

    name: str
    outcome: Outcome
    message: str
    before: str = ""
    after: str = ""
    details: tuple[str, ...] = ()


class Subject(Struct, frozen=True, kw_only=True):
    """One of the two images, and what was measured while it ran.

    ``startup_seconds`` is the median time until it was healthy, ``memory`` the bytes in use at
    rest; None where it could not be measured.
    """

    image: str
    startup_seconds: float | None
    memory: int | None


class Verdict(Struct, frozen=True, kw_only=True):
    """The result of a verification."""

    engine: str
    before: Subject
    after: Subject
    checks: tuple[CheckResult, ...]

    @property
    def equivalent(self) -> bool:
        """Whether no check found a difference, and one compared what the application does."""
        return not self.differences and self.compared

    @property
    def compared(self) -> bool:
        """Whether anything that the application does could be compared."""
        return any(
            check.name in BEHAVIOUR and check.outcome is not Outcome.SKIPPED
            for check in self.checks
        )

    @property
    def ran(self) -> bool:
        """Whether the images were run at all."""
        return any(check.name == START for check in self.checks)

    @property
    def dead_before(self) -> bool:
        """Whether the image before does not run itself, so that nothing could be compared."""
        return any(check.name == START and check.before not in ("", READY) for check in self.checks)

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


def verdict_document(verdict: Verdict) -> dict[str, Any]:
    """Give the verdict as what JSON can hold."""
    return {
        "schema": SCHEMA,
        "equivalent": verdict.equivalent,
        "engine": verdict.engine,
        "before": to_builtins(verdict.before),
        "after": to_builtins(verdict.after),
        "checks": [to_builtins(check) for check in verdict.checks],
    }
