"""The minimal base that is composed of packages, and a second image on it that has a shell."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.lower.composed_base import DEBUG, is_composed, refused, shell_place
from jettison.plan import Finding, Plan
from jettison.plan.base import image_facts
from jettison.plan.changes import AddDebugTarget, ComposeBase
from jettison.plan.minimal_base import Composition
from jettison.rules.rule import Rule
from jettison.values import Evidence, Saving, counted


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
        tuple(_evidence(plan, made_of)),
        ComposeBase(composition=made_of),
        saving=_saving(plan, made_of),
    )


def _saving(plan: Plan, made_of: Composition) -> Saving | None:
    before = image_facts(plan.stage.base).size
    if before is None:
        return None
    return Saving(bytes=before.bytes - made_of.size.bytes, basis=before.basis, source=before.source)


def _evidence(plan: Plan, made_of: Composition) -> Iterator[Evidence]:
    message = f"{plan.stage.base} has a shell, a package manager and their programs"
    yield Evidence(kind="base", message=message, origin=plan.stage.stage.origin)
    if made_of.asked:
        yield Evidence(kind="packages", message=f"the application needs {', '.join(made_of.asked)}")
    for note in made_of.notes:
        yield Evidence(kind="note", message=f"{note.what}: {note.reason}")


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
        (Evidence(kind="shell", message=message, origin=last.origin),),
        AddDebugTarget(shell=shell),
    )


DEBUG_TARGET = Rule.of("debug-target", debug_target, level=1)
