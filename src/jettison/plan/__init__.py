"""The plan: a project as it would become, and why."""

from __future__ import annotations

import difflib
import posixpath
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import TypeVar

from msgspec import Struct, field

from jettison.contents.reach import Observed
from jettison.formats.own_settings import Settings
from jettison.index import DistributionFacts
from jettison.index.graph import NOTHING, Closure, Leaving, RequirementGraph
from jettison.lift import Project
from jettison.lift.scopes import PlannedPackage, Scope
from jettison.lift.stage import FinalStage, lifted
from jettison.lift.usage import Usage
from jettison.lift.writes import Writing, writing_of
from jettison.plan.base import BaseChoice, Variant
from jettison.plan.changes import Change, ChangeDistribution, ReplaceBase, StartFromNothing
from jettison.plan.minimal_base import Composition
from jettison.plan.prediction import expected, predicted
from jettison.plan.prediction_parts import Part, Prediction, Predictions
from jettison.plan.removal import Contents, Overrides
from jettison.values import Basis, Evidence, Origin, Size, Skipped

Applied = TypeVar("Applied")


class PlannedRequirement(Struct, frozen=True, kw_only=True):
    """A declared requirement with its scope; ``size`` includes what only it brings.

    ``group`` is the extra or group that holds it, empty for the main list; ``shipped`` whether the
    image gets it as it is. ``misplaced`` says that it is declared for development and needed in
    production; ``chain`` leads from an entry point of the application to an import of it.
    """

    name: str
    specifier: str
    origin: Origin
    scope: Scope
    evidence: tuple[Evidence, ...] = ()
    chain: tuple[Evidence, ...] = ()
    size: Size | None = None
    group: str = ""
    shipped: bool = True
    misplaced: bool = False


class FileKind(StrEnum):
    """Whether a file of the plan is new."""

    CREATE = "create"
    MODIFY = "modify"


class FileChange(Struct, frozen=True, kw_only=True):
    """A file of the user's before (None when it does not exist) and after."""

    path: str
    before: str | None
    after: str

    @property
    def kind(self) -> FileKind:
        """Whether the file is created or modified."""
        return FileKind.CREATE if self.before is None else FileKind.MODIFY

    def diff(self) -> str:
        """Give the unified diff as ``git diff`` shows it."""
        old = "/dev/null" if self.before is None else f"a/{self.path}"
        lines = difflib.unified_diff(
            (self.before or "").splitlines(keepends=True),
            self.after.splitlines(keepends=True),
            fromfile=old,
            tofile=f"b/{self.path}",
        )
        return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


class Safety(StrEnum):
    """Whether a finding may be applied without a person looking at it first."""

    SAFE = "safe"
    REVIEW = "review"


class Withdrawal(Struct, frozen=True, kw_only=True):
    """A rule that is not applied, or not to one ``part``, for what came of it in a built image.

    A part is what the rule works on: a path of the context, a requirement or a distribution.
    """

    rule: str
    reason: str
    part: str = ""


class Finding(Struct, frozen=True, kw_only=True):
    """One result of one rule, which the fold names.

    A finding without changes is advice. Findings marked for review are reported and never applied.
    ``error`` says that the project does not work as it is.
    """

    rule: str = ""
    message: str
    evidence: tuple[Evidence, ...] = ()
    saving: Size | None = None
    safety: Safety = Safety.SAFE
    changes: tuple[Change, ...] = ()
    error: bool = False

    @classmethod
    def of(
        cls,
        message: str,
        evidence: Iterable[Evidence],
        *changes: Change,
        saving: Size | None = None,
    ) -> Finding:
        """Return a finding with the changes that it asks for."""
        return cls(message=message, evidence=tuple(evidence), saving=saving, changes=changes)

    @classmethod
    def advice(cls, message: str, *evidence: Evidence, saving: Size | None = None) -> Finding:
        """Return what a person has to decide."""
        return cls(message=message, evidence=evidence, saving=saving, safety=Safety.REVIEW)

    @property
    def applied(self) -> bool:
        """Whether it changed something."""
        return bool(self.changes) and self.safety is Safety.SAFE


EMPTY = Closure(facts={}, graph=RequirementGraph(roots=(), edges={}, specifiers={}))


class Built(Struct, frozen=True, kw_only=True):
    """The bytes of both images as they were built before, and on which day.

    ``after`` is None where the plan has changed since.
    """

    before: int
    after: int | None
    day: date

    def measured(self, count: int | None, predicted: Prediction) -> Prediction:
        """Give what was measured of an image, and what was predicted where nothing was."""
        if count is None:
            return predicted
        size = Size(bytes=count, basis=Basis.MEASURED, source=f"built on {self.day}")
        return Prediction(parts=(Part(what="the image", size=size),))


class Learned(Struct, frozen=True, kw_only=True, dict=True):
    """What was learned of a project beside its Dockerfile.

    ``usage`` is what the application uses at run time; ``linked`` maps packages that must be there
    then to the reason; ``loaded`` are the files of the project that production loads; ``leaving``
    what goes with development requirements. ``closure`` are the distributions of all requirements.
    ``keeps_cache`` says that pip keeps what it fetches. ``imports_setuptools`` is what is installed
    and fails without setuptools, as an image without it showed.
    """

    requirements: tuple[PlannedRequirement, ...] = ()
    usage: Usage = field(default_factory=Usage)
    linked: Mapping[str, Evidence] = field(default_factory=lambda: MappingProxyType({}))
    loaded: frozenset[str] = frozenset()
    leaving: Leaving = NOTHING
    closure: Closure = EMPTY
    keeps_cache: bool = True
    imports_setuptools: Evidence | None = None


class Plan(Learned, frozen=True, kw_only=True):
    """A project after some changes, next to the project it began as.

    ``requirements``, ``packages`` and ``base`` describe the project as it was found: scopes do not
    change while rules are applied. ``distributions`` are those of production by normalized name and
    ``contents`` their files; ``observed`` is what a run of the built image showed, ``built`` how
    large both images were when they were built before. ``today`` is the day of the plan.
    ``composition`` is the base that the Dockerfile shall compose, if any, and ``debug`` asks for a
    target with a shell.
    ``unread`` is an installation of which it is not known what it installs.
    ``learned`` is what could not be found out, ``idle`` the rules that the settings omit
    and that would have found nothing, and ``withdrawn`` what is omitted for what came of it.
    """

    original: Project
    project: Project
    level: int
    packages: tuple[PlannedPackage, ...] = ()
    base: BaseChoice
    distributions: Mapping[str, DistributionFacts] = field(
        default_factory=lambda: MappingProxyType({})
    )
    contents: Contents = field(default_factory=Contents)
    settings: Settings = field(default_factory=Settings)
    overrides: Overrides = field(default_factory=Overrides)
    observed: Observed | None = None
    built: Built | None = None
    today: date | None = None
    composition: Composition | None = None
    debug: bool = False
    unread: Evidence | None = None
    learned: tuple[Skipped, ...] = ()
    idle: frozenset[str] = frozenset()
    withdrawn: tuple[Withdrawal, ...] = ()
    findings: tuple[Finding, ...] = ()

    @cached_property
    def stage(self) -> FinalStage:
        """What the final stage of the Dockerfile is made of, after the changes so far."""
        return lifted(self.project)

    @cached_property
    def original_stage(self) -> FinalStage:
        """What the final stage was made of before any change."""
        return lifted(self.original)

    @cached_property
    def writing(self) -> Writing:
        """Where the application writes, by the files as the user has them."""
        return writing_of(self.original, self.original_stage, self.usage)

    @cached_property
    def prediction(self) -> Predictions:
        """The sizes of the image before and after the changes so far, without building it."""
        size = self.composition.size if self.composition else None
        before, after = (
            predicted(project, self.closure, keeps_cache=self.keeps_cache, composed=size)
            for project in (self.original, self.project)
        )
        if self.unread:
            before, after = before.without(self.unread), after.without(self.unread)
        for start in self.applied(StartFromNothing):
            after = after.of_files(start.stays) if start.stays else after
        if self.built:
            built = self.built
            before = built.measured(built.before, before)
            after = built.measured(built.after, after)
        more = None
        if self.observed is None and not self.unread:
            more = expected(self.project, self.stage, after, self.packages, self.level)
        return Predictions(before=before, after=after, optimized=more)

    def applied(self, kind: type[Applied]) -> Iterator[Applied]:
        """Give the changes of one kind that the findings made."""
        changes = (change for one in self.findings if one.applied for change in one.changes)
        return (change for change in changes if isinstance(change, kind))

    @property
    def base_as_planned(self) -> BaseChoice:
        """The candidates, each with the size of the image that the whole plan would make on it.

        The base is chosen before any rule takes files out. What they take of the environment weighs
        the same on each; what they take of the base counts for that one alone.
        """
        base, planned = self.base, self.prediction.after.size
        changed = any(any(self.applied(kind)) for kind in (ReplaceBase, ChangeDistribution))
        if base.taken and base.taken.facts.variant is not Variant.COMPOSED and not changed:
            base = base.kept
        taken = base.taken
        if taken is None or taken.predicted is None or planned is None:
            return base
        if any(self.applied(StartFromNothing)):
            # what leaves behind the final stage is known of this base alone
            return base.heavier_by(0, taken=planned.bytes - taken.predicted.bytes)
        own = self.prediction.after.taken_from_base
        return base.heavier_by(planned.bytes + own - taken.predicted.bytes, taken=-own)

    def withheld(self, rule: str) -> frozenset[str]:
        """The parts that a rule leaves alone."""
        return frozenset(one.part for one in self.withdrawn if one.rule == rule and one.part)

    @property
    def scripts(self) -> frozenset[str]:
        """The programs that distributions put on PATH, and those among the project's own files.

        A release without a wheel may have a program of its own name.
        """
        own = (posixpath.basename(path) for path in self.original.files)
        known = self.closure.facts.values()
        guessed = (each.name for each in known if each.sdist_only and not each.console_scripts)
        scripts = (script for each in known for script in each.console_scripts)
        return frozenset((*own, *scripts, *guessed))

    @property
    def python(self) -> str | None:
        """The minor version of Python that the image runs, such as ``3.11``."""
        return self.stage.python

    @property
    def files(self) -> tuple[FileChange, ...]:
        """The files that differ from the original ones, in the order of their paths."""
        before, after = self.original.texts, self.project.texts
        return tuple(
            FileChange(path=path, before=before.get(path), after=after[path])
            for path in sorted(after)
            if before.get(path) != after[path]
        )

    @property
    def not_understood(self) -> tuple[Evidence, ...]:
        """The steps of the final stage that stay because they were not understood."""
        return self.stage.not_understood

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """What could not be determined."""
        return (*self.original.skipped, *self.learned)
