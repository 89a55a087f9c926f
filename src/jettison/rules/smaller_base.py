"""The base image: whether it still gets security fixes, what takes its place, or is composed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

from jettison.catalogue.base_release import ALPINE
from jettison.catalogue.packaging import runtime_libraries_of, translated
from jettison.lift import brings_uv
from jettison.lift.build_context import installed_names
from jettison.lift.packages import requested
from jettison.lower.composed_base import DEBUG, is_composed, refused, shell_place
from jettison.plan import Finding, Plan
from jettison.plan.base import BaseCandidate, ImageFacts, Variant, image_facts
from jettison.plan.candidate_needs import build_packages
from jettison.plan.changes import (
    AddDebugTarget,
    AddPackages,
    Change,
    ChangeDistribution,
    ComposeBase,
    ReplaceBase,
)
from jettison.plan.minimal_base import Composition
from jettison.plan.system_removal import leaves_late
from jettison.rules.rule import Rule
from jettison.values import Basis, Evidence, Size, counted

_CALL_OF_UV = re.compile(r"(?<![\w.-])uvx?(?![\w.-])")
# On Debian a compiler brings the headers of the C library along, on Alpine it does not.
_COMPILERS = ("gcc", "g++", "clang")


def end_of_life(plan: Plan) -> Iterator[Finding]:
    """Report a Python or distribution without security fixes.

    A base image whose Python or whose distribution has reached the end of its life gets no more
    security fixes. An upgrade needs tests of the application, so Jettison only reports it.

    Source: devguide.python.org/versions; www.debian.org/releases and wiki.debian.org/LTS;
    alpinelinux.org/releases.

    Safe: nothing is changed.
    """
    if plan.today is None:
        return
    origin = plan.stage.chain[0].origin
    yield from (
        Finding.advice(message, Evidence.of("base", f"the base is {plan.stage.base}", origin))
        for message in _ended(image_facts(plan.stage.base), plan.today)
    )


def _ended(image: ImageFacts, today: date) -> Iterator[str]:
    if image.python_ends and image.python_ends < today:
        yield f"Python {image.python} has had no security fixes since {image.python_ends}"
    regular, long_term = image.distribution_ends, image.long_term_ends
    if "@" in image.reference and (image.release or "?") not in image.reference:
        return  # the image of a digest may be older than what its tag stands for today
    if regular is None or regular >= today:
        return
    if long_term and long_term >= today:
        only = f"long-term support only since {regular}, until {long_term}"
        yield f"{image.distribution} has had {only}"
    else:
        yield f"{image.distribution} has had no security fixes since {long_term or regular}"


END_OF_LIFE = Rule.of("end-of-life", end_of_life, level=1)


def smaller_base(plan: Plan) -> Iterator[Finding]:
    """Start the final stage from the slim image of the same Python.

    The full Python images hold compilers, headers and version control for building, some 900 MB
    that a running application does not touch. Once the environment is made in a build stage, the
    final stage needs the interpreter alone; the build stage keeps the full image.

    Source: the Dockerfiles of docker-library/python; normandy#60 (895 to 538 MB).

    Safe: same Python, same Debian release. Libraries that the source loads and programs that it
    calls are installed by name, because the slim image does not have them.
    """
    stage, taken = plan.stage, plan.base.taken
    if taken is None or taken.image == stage.base or len(stage.chain) > len(stage.own):
        return
    if stage.triggers or stage.finish or leaves_late(plan):
        return
    if brings_uv(stage.base) and not brings_uv(taken.image) and _needs_uv(plan):
        return
    if taken.facts.release != stage.release or not (_builds_apart(plan) or not taken.source_builds):
        return
    missing = [name for name in taken.adds if name not in requested(stage)]
    changes: tuple[Change, ...] = (
        ReplaceBase(current=stage.base, reference=taken.image),
        *_added(taken, missing),
    )
    message = f"replace {stage.base} with {taken.image}"
    yield Finding.of(message, _evidence(plan, taken), *changes, saving=_saving(plan, taken))


def _builds_apart(plan: Plan) -> bool:
    """Whether the environment comes from another stage."""
    return any(copied.stage for _, copied in plan.stage.copies)


def _needs_uv(plan: Plan) -> bool:
    """Whether a step, a start or a script may call the uv of the base, or nothing else starts."""
    stage = plan.stage
    starts = [each.instruction.text for each in (stage.command, stage.entrypoint) if each]
    texts = [*starts, *(i.text for i in stage.inherited if i.keyword in ("RUN", "HEALTHCHECK"))]
    uses = (use for name in ("uv", "uvx") for use in plan.usage.programs.get(name, ()))
    called = any(use.origin and use.origin.file != plan.project.dockerfile_path for use in uses)
    return not starts or called or any(map(_CALL_OF_UV.search, texts))


def _evidence(plan: Plan, taken: BaseCandidate) -> tuple[Evidence, ...]:
    before = image_facts(plan.stage.base)
    held = "holds compilers and headers" if before.variant is Variant.FULL else "was there before"
    held = "brings uv, which no step and no start needs" if brings_uv(plan.stage.base) else held
    first = Evidence.of("base", f"{plan.stage.base} {held}", plan.stage.stage.origin)
    return (first, *taken.evidence)


def _saving(plan: Plan, taken: BaseCandidate) -> Size | None:
    before, after = image_facts(plan.stage.base).size, image_facts(taken.image).size
    if before is None or after is None:
        return None
    return Size(bytes=before.bytes - after.bytes, basis=before.basis, source=before.source)


SMALLER_BASE = Rule.of("smaller-base", smaller_base, level=2)


def another_distribution(plan: Plan) -> Iterator[Finding]:
    """Move the image to the chosen distribution.

    On Alpine, apt becomes apk, packages have other names, and busybox makes the users; between
    Debian releases some libraries change theirs. Every stage that feeds the image moves along: an
    environment that was made for one C library does not start on another.

    Source: docker-library/python (variants of the image); Alpine's package index; busybox, adduser.

    Safe: it happens only when every wheel, program, library and step is known to have a
    counterpart, or when the user names the base.
    """
    stage, taken = plan.stage, plan.base.taken
    if taken is None or taken.facts.release in (None, stage.release) or stage.tag is None:
        return
    if stage.finish or leaves_late(plan):
        return
    names = _new_names(plan, taken)
    alpine = taken.facts.release == ALPINE
    build = tuple(sorted(set(_build(taken)) - set(names.values())))
    change = ChangeDistribution(
        reference=taken.image, packages=tuple(names.items()), alpine=alpine, build=build
    )
    missing = sorted({*taken.adds, *_libraries(taken)} - set(names.values()))
    changes: tuple[Change, ...] = (change, *_added(taken, missing))
    message = f"replace {stage.base} with {taken.image} in every stage that feeds the image"
    yield Finding.of(message, taken.evidence, *changes, saving=_predicted_saving(plan, taken))


def _new_names(plan: Plan, taken: BaseCandidate) -> dict[str, str]:
    """The new name of each package that any stage installs; unknown ones keep theirs."""
    release = taken.facts.release or ""
    found = {}
    for name in installed_names(plan.stage):
        other = translated(name, release)
        found[name] = name if other is None else other
        if release == ALPINE and other in _COMPILERS and "musl-dev" not in found.values():
            found[name] = f"{other} musl-dev"
    return found


def _build(taken: BaseCandidate) -> Iterator[str]:
    for name in taken.source_builds:
        if taken.facts.target:
            yield from build_packages(name, taken.facts.target)


def _libraries(taken: BaseCandidate) -> Iterator[str]:
    """The libraries behind the headers that source builds are compiled with."""
    for header in set(_build(taken)):
        yield from runtime_libraries_of(header, taken.facts.release or "") or ()


def _predicted_saving(plan: Plan, taken: BaseCandidate) -> Size | None:
    before = plan.base.in_use
    if before is None or before.predicted is None or taken.predicted is None:
        return None
    count = before.predicted.bytes - taken.predicted.bytes
    return Size(bytes=count, basis=Basis.ESTIMATED, source=taken.predicted.source)


ANOTHER_DISTRIBUTION = Rule.of("another-distribution", another_distribution, level=2)


def _added(taken: BaseCandidate, names: Sequence[str]) -> Iterator[AddPackages]:
    """Install what the image that is given up brought and the chosen one does not."""
    if names:
        reason = f"needed by the application, and no part of {taken.image}"
        yield AddPackages(names=tuple(names), reason=reason)


def composed_base(plan: Plan) -> Iterator[Finding]:
    """Build the image on a minimal base of Debian packages.

    One stage fetches the packages by their hashes. Another unpacks them into a root without the
    files that no server needs. The final stage is `FROM scratch` and copies the root: no shell, no
    package manager, no setuid program. The build needs no Jettison. Stages that make the
    environment use the official image of the same Debian release, so that the C library is the
    same.

    Source: Debian Policy 4.1 and deb(5); the images of GoogleContainerTools/distroless. The tree is
    that of the embedded builder (docs/explanation/composed-base.md).

    Safe: applied only with `--base composed`. A step of the final stage that needs a missing
    program is refused before any file is written.
    """
    made_of = plan.composition
    if made_of is None or is_composed(plan.stage) or refused(plan.stage):
        return
    message = f"the base is composed of {counted(len(made_of.packages), 'Debian package')}"
    yield Finding.of(
        message,
        tuple(_evidence_of_composition(plan, made_of)),
        ComposeBase(composition=made_of),
        saving=_saving_composed(plan, made_of),
    )


def _saving_composed(plan: Plan, made_of: Composition) -> Size | None:
    before = image_facts(plan.stage.base).size
    if before is None:
        return None
    return Size(bytes=before.bytes - made_of.size.bytes, basis=before.basis, source=before.source)


def _evidence_of_composition(plan: Plan, made_of: Composition) -> Iterator[Evidence]:
    message = f"{plan.stage.base} has a shell, a package manager and their programs"
    yield Evidence.of("base", message, plan.stage.stage.origin)
    if made_of.asked:
        yield Evidence.of("packages", f"the application needs {', '.join(made_of.asked)}")
    for note in made_of.notes:
        yield Evidence.of("note", f"{note.what}: {note.reason}")


COMPOSED_BASE = Rule.of("composed-base", composed_base, level=1)


def debug_target(plan: Plan) -> Iterator[Finding]:
    """Add a second target: the image with a shell.

    An image without a shell is hard to inspect. The target `debug` has the same files and starts a
    shell. The image itself remains the last stage, so `docker build .` builds the same as before.

    Source: docs.docker.com, "Multi-stage builds", targets; distroless, "Debug images".

    Safe: the image does not change. Applied only with `--debug`.
    """
    stage = plan.stage
    last = stage.dockerfile.stages[-1]
    if not plan.debug or stage.dockerfile.stage_named(DEBUG) or stage.stage.index != last.index:
        return
    shell = shell_place(stage) if is_composed(stage) else ""
    message = "the image has no shell" if shell else "the image has a shell"
    yield Finding.of(
        "the target debug has the same files and a shell",
        (Evidence.of("shell", message, last.origin),),
        AddDebugTarget(shell=shell),
    )


DEBUG_TARGET = Rule.of("debug-target", debug_target, level=1)
