"""Build the image on a minimal base of Debian packages.

One stage fetches the packages by their hashes. Another unpacks them into a root without the files
that no server needs. The final stage is `FROM scratch` and copies the root: no shell, no package
manager, no setuid program. The build needs no Jettison. Stages that make the environment use the
official image of the same Debian release, so that the C library is the same.

Source: Debian Policy 4.1 and deb(5); the images of GoogleContainerTools/distroless. The tree is
that of the embedded builder (docs/explanation/composed-base.md).

Safe: applied only with `--base composed`. A step of the final stage that needs a missing program is
refused before any file is written.
"""

from __future__ import annotations

from collections.abc import Iterator

from jettison.lower.composed_base import is_composed, refused
from jettison.plan import Finding, Plan
from jettison.plan.base import image_facts
from jettison.plan.changes import ComposeBase
from jettison.plan.minimal_base import Composition
from jettison.rules.rule import Rule
from jettison.values import Evidence, Saving, counted


def detect(plan: Plan) -> Iterator[Finding]:
    """Find a final stage that does not use the requested minimal base."""
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


RULE = Rule(name="composed-base", level=1, documentation=__doc__, detect=detect)
