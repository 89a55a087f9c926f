"""What installed Debian packages and the project's own files take."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping

from jettison.catalogue.base_release import ALPINE
from jettison.catalogue.bases import BaseImages
from jettison.catalogue.debian_release import RELEASES, PackageFacts, facts_of
from jettison.catalogue.reader import table
from jettison.catalogue.system_packages import translated
from jettison.ecosystems.commands import PackageInstall
from jettison.formats.dockerfile import Copy, mounts_over
from jettison.formats.dockerignore.match import Pattern, pattern, verdicts
from jettison.lift.action import ActionKind, LiftedRun
from jettison.lift.packages import named_by
from jettison.lift.project import Project
from jettison.lift.stage import FinalStage, lifted
from jettison.plan.prediction.values import Part
from jettison.values import Basis, Size, Skipped, once_each

SHOWN = 4
MANAGERS = ("apt", "apk")
LISTS = "/var/lib/apt/lists"
FORMULA = "files of the packages and what they bring, dpkg's records"


class Packages:
    """The packages of an image while its instructions are followed.

    ``documented`` says that documentation and translations are installed too, as on full images.
    """

    def __init__(self, release: str, present: Collection[str], *, documented: bool) -> None:
        # Alpine's packages count as Debian's: no index of theirs is at hand.
        self._alpine = release == ALPINE
        self._facts = facts_of(RELEASES[0] if self._alpine else release)
        self._present = set(present)
        self._documented = documented
        self._logged = 0
        self._has_lists = False
        self._release = release

    def installed(self, run: LiftedRun, stage: FinalStage) -> Iterator[Part | Skipped]:
        """Give what a RUN adds with apt: the packages, dpkg's records, and lists that stay."""
        added: list[PackageFacts] = []
        asked: list[str] = []
        for action in run.actions:
            if isinstance(action.fact, PackageInstall):
                names = [name for name, _ in named_by(action, run, stage)]
                asked += names
                yield from self._unknown(action.fact, names)
                added += self._added(action.fact, names)
        if added or any(isinstance(action.fact, PackageInstall) for action in run.actions):
            count = sum(each.bytes(documented=self._documented) for each in added)
            size = Size(bytes=count + self._records(added), basis=Basis.ESTIMATED, source=FORMULA)
            what = f"packages: {', '.join(_some(asked))}"
            yield Part(what=what, size=size, origin=run.instruction.origin, of_base=True)
            yield from self._lists(run)

    def _added(self, fact: PackageInstall, names: Iterable[str]) -> list[PackageFacts]:
        if self._facts is None or fact.manager not in MANAGERS:
            return []
        own = [self._name(name) for name in names]
        closure = self._facts.closure(own, self._present, recommends=fact.recommends)
        self._present |= {each.name for each in closure}
        return list(closure)

    def _name(self, name: str) -> str:
        """The name of the release whose packages are counted."""
        return translated(name, RELEASES[0] if self._alpine else self._release) or name

    def _unknown(self, fact: PackageInstall, names: Iterable[str]) -> Iterator[Skipped]:
        known = {*(self._facts.packages if self._facts else ()), *self._present}
        readable = fact.manager in MANAGERS
        missing = [name for name in names if not readable or self._name(name) not in known]
        missing += [request.name for request in fact.packages if not request.literal and not names]
        if missing:
            yield Skipped(
                what=f"the size of {', '.join(missing)}",
                reason="no catalogue has these packages",
                origin=fact.origin,
            )

    def _records(self, added: Collection[PackageFacts]) -> int:
        if self._alpine:
            return 0
        known = table(BaseImages).apt
        status: int = known.status * len(self._present) * 2
        self._logged += len(added)
        log: int = known.log * self._logged
        return status + log + int(known.fixed) if added else 0

    def _lists(self, run: LiftedRun) -> Iterator[Part]:
        updated = any(a.kind is ActionKind.INDEX and "apt" in a.text for a in run.actions)
        cleaned = any(a.kind is ActionKind.CLEANUP and LISTS in a.text for a in run.actions)
        cached = mounts_over(run.instruction, LISTS)
        if updated and not cleaned and not cached and not self._has_lists:
            known = table(BaseImages).apt
            count = known.lists.get(self._release, known.lists["trixie"])
            size = Size(bytes=count, basis=Basis.ESTIMATED, source=known.source)
            self._has_lists = True
            origin = run.instruction.origin
            yield Part(what="package lists that stay", size=size, origin=origin, of_base=True)


def _some(names: list[str]) -> list[str]:
    """A few names, and how many more there are."""
    return names if len(names) <= SHOWN else [*names[: SHOWN - 1], f"{len(names) - SHOWN + 1} more"]


def application_size(project: Project) -> int:
    """Add up the files that each COPY of the final stage takes, after .dockerignore.

    A file that two instructions copy counts twice, as it does in the layers of the image.
    """
    sent = sent_files(project)
    copies = (found for _, found in lifted(project).copies if found.stage is None)
    return sum(size for found in copies for _, size in copied_files(found, sent))


@once_each
def sent_files(project: Project) -> Mapping[str, int]:
    """The files of the context that reach the builder, with their bytes."""
    patterns = project.ignore.patterns if project.ignore else ()
    judged = verdicts(project.files, patterns)
    return {path: project.files[path] for path, verdict in judged if not verdict.ignored}


def copied_files(found: Copy, sent: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """The files that one COPY takes, by their paths below its destination, with their bytes.

    The name of a file that is copied alone is empty when the destination names it.
    """
    alone = len(found.sources) == 1 and not found.destination.endswith(("/", "."))
    for source in found.sources:
        wanted = posixpath.normpath(source).lstrip("/")
        form = pattern(wanted) if any(c in wanted for c in "*?[") else None
        for path, size in sent.items():
            matched = _matched(path, wanted, form)
            if matched == path:
                yield ("" if alone else posixpath.basename(path)), size
            elif matched is not None:
                yield (path[len(matched) + 1 :] if matched else path), size


def _matched(path: str, wanted: str, form: Pattern | None) -> str | None:
    """The path or the folder above it that a source names; empty for the whole context."""
    if wanted == ".":
        return ""
    for each in (path, *_parents(path)):
        if each == wanted or (form and form.matches(each)):
            return each
    return None


def _parents(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path
