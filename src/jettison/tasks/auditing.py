"""Read advisories and images, and match them."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec import Struct
from msgspec.structs import replace

from jettison.audit.components import Component, components_of, components_planned
from jettison.audit.findings import Advisories, Audit, Exists, findings_of
from jettison.contents.layer_reading import image_of, measured_layers
from jettison.contents.measurement import (
    ImageMeasurement,
    debian_packages,
    debian_release,
    distributions,
    overlay,
)
from jettison.images.location import is_remote
from jettison.images.reference import Reference
from jettison.plan.plan import Plan
from jettison.processes.git import stated_time
from jettison.progress import Progress
from jettison.report.result_text import Result
from jettison.values import Skipped


class Side(Struct, frozen=True, kw_only=True):
    """An image as advisories are matched with it; ``exists`` tells of its files."""

    name: str
    components: tuple[Component, ...]
    exists: Exists
    product: str = ""


def side_of(reference: str, platform: str, progress: Progress) -> Side:
    """Read all layers of an image. Raises ImageError when there is none."""
    image = image_of(reference, platform)
    contents = overlay(tuple(layer.contents for layer in measured_layers(image, progress)))
    return Side(
        name=reference,
        components=components_of(
            distributions(contents), debian_packages(contents), debian_release(contents)
        ),
        exists=lambda path: path in contents.tree.paths,
        product=_product(reference, str(image.manifest.descriptor.digest)),
    )


def _product(reference: str, digest: str) -> str:
    """Give the package URL of an image in a registry; engines do not tell the digest there."""
    if not is_remote(reference):
        return ""
    named = Reference.parse(reference)
    name = named.repository.rpartition("/")[2]
    repository = f"{named.registry}/{named.repository}"
    return f"pkg:oci/{name}@{digest.replace(':', '%3A')}?repository_url={repository}"


def audit_plan(plan: Plan, name: str, known: Advisories) -> Audit:
    """Match the distributions that the committed files install with those that the plan leaves."""
    before, after = (
        Side(
            name=f"{name} as {'planned' if planned else 'committed'}",
            components=components_planned(plan, planned=planned),
            exists=lambda _: True,
        )
        for planned in (False, True)
    )
    reason = "a plan does not know them all; `jettison audit IMAGE` reads them"
    return audited(before, after, known, Skipped(what="system packages", reason=reason))


def with_audit(result: Result, known: Advisories) -> Result:
    """Match both images of an optimization; of their files only sizes are kept."""
    before, after = (
        Side(name=name, components=_measured(image), exists=lambda _: True)
        for name, image in (
            (result.reference or "the baseline", result.before),
            ("the candidate", result.after),
        )
    )
    return replace(result, audit=audited(before, after, known))


def _measured(image: ImageMeasurement) -> tuple[Component, ...]:
    return components_of(image.distributions, image.debian_packages, image.debian_release)


def audited(before: Side | None, after: Side, known: Advisories, *skipped: Skipped) -> Audit:
    """Match an image, and the one before it where there is one."""
    return Audit(
        image=after.name,
        before=before.name if before else "",
        product=after.product,
        advisories=known.count,
        ecosystems=known.ecosystems,
        newest=known.newest,
        fetched=known.fetched,
        components=len(after.components),
        timestamp=_now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        findings=findings_of(
            known, before.components if before else None, after.components, after.exists
        ),
        skipped=skipped,
    )


def _now() -> datetime:
    """Give the time of the audit; SOURCE_DATE_EPOCH sets it, to repeat a document."""
    stated = stated_time()
    return datetime.now(UTC) if stated is None else datetime.fromtimestamp(stated, UTC)
