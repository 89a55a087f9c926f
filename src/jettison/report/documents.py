"""What commands write as JSON: values of the program, each in the shape of its schema.

Keys are only ever added within one version of a schema.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from typing import Any

from msgspec import to_builtins

from jettison.assessment import Amount, Figures, Growth, OwnedBytes, Problem
from jettison.assessment.audit import Audit, Component
from jettison.assessment.audit import Finding as Vulnerability
from jettison.assessment.fleet import (
    BuiltImage,
    Failure,
    FleetPlan,
    Project,
    Row,
    StoredLayer,
    Verified,
)
from jettison.assessment.fleet_bases import Group
from jettison.assessment.fleet_layers import Alignment, Cost, Item
from jettison.assessment.judging import BudgetCheck, CheckedImage, Gate
from jettison.contents.inspection import (
    Change,
    Comparison,
    Duplicate,
    InspectedLayer,
    Inspection,
    OwnedFile,
    OwnerShare,
    Side,
)
from jettison.contents.measurement import (
    DebianPackageMeasurement,
    DistributionMeasurement,
    ImageMeasurement,
)
from jettison.contents.stored_files import Owner
from jettison.lift.scopes import PlannedPackage
from jettison.plan import FileChange, Finding, Plan, PlannedRequirement
from jettison.plan.base import BaseCandidate, BaseChoice, ImageFacts
from jettison.plan.prediction_parts import Part, Prediction, Predictions, SizeRange
from jettison.plan.removal.listing import Unproven
from jettison.plan.removing import unproven_of
from jettison.report.result_text import Ablation, Result
from jettison.report.why_text import Answer, DistributionAnswer, FileAnswer, LineAnswer, RuleShare
from jettison.values import Evidence, Origin, Skipped
from jettison.verify import Attempt, ImportResult, Loss, verdict_document

# The largest of them; the totals beside the lists count all.
_FILES_LISTED = 100
# The keys of each value: `key=attribute.attribute` where they differ, `key?` for null in place of
# an empty text, and `*key` for the keys of a value in place of itself.
SHAPES: Mapping[type, str] = {
    Ablation: "rule saving",
    Alignment: "name family versions projects saving major",
    Amount: "low high",
    Vulnerability: "component names fate severity? summary? fixed? now? advice? files source?",
    Attempt: "module error missing message *origin",
    BaseCandidate: "reference accepted works verdict reasons evidence adds source_builds size"
    " predicted facts",
    BaseChoice: "current chosen policy candidates",
    BudgetCheck: "budget figure outcome amount before limit=limit.text reason?"
    " *origin=limit.origin",
    Component: "ecosystem name version packages places",
    BuiltImage: "digest bytes layers places",
    Change: "kind name growth before after",
    Cost: "stored pulled requests total",
    DebianPackageMeasurement: "name version size",
    DistributionAnswer: "kind subject=name version verdict scope? *origin evidence chain path"
    " required_by size_alone=alone size_together=together only_it_brings=gone without leaves=rules",
    DistributionMeasurement: "name version size",
    Duplicate: "size wasted files",
    Evidence: "kind message *origin",
    Failure: "what why? hint?",
    FileAnswer: "kind subject=path kept owner files bytes removed_bytes rule? reason listed=line?"
    " evidence",
    FileChange: "path change=kind diff",
    Figures: "image digest? basis amounts owners unknown",
    Finding: "rule message evidence saving safety error",
    Group: "python=base.wanted.python image=base.wanted.location? packages=base.wanted.packages"
    " libraries=base.libraries projects=names",
    Growth: "kind name bytes fresh members *origin",
    ImageFacts: "variant distribution python libc architecture=target.architecture packages shell"
    " setuid distribution_ends long_term_ends python_ends note",
    InspectedLayer: "diff_id created_by base size compressed_size files wasted kinds",
    Item: "name version bytes",
    LineAnswer: "kind subject verdict evidence size",
    Loss: "*attempt distribution requirement",
    Origin: "file line",
    OwnedBytes: "kind name version? bytes requirement? *origin",
    OwnedFile: "path=file.absolute owner",
    Owner: "kind name version?",
    Part: "what *size *origin",
    PlannedPackage: "name scope *origin replaced_by=runtime brings evidence size",
    PlannedRequirement: "name specifier *origin scope group installed=shipped misplaced chain"
    " evidence size",
    Prediction: "size parts unknown",
    Predictions: "before after optimized",
    Problem: "rule level message bytes fingerprint *origin",
    Project: "python? before after own blocks? findings distributions=items",
    Row: "name=member.name where=member.where instances=member.instances releases=member.releases"
    " cached seconds project built verified failure",
    RuleShare: "rule reason size",
    Side: "size version?",
    SizeRange: "low high",
    StoredLayer: "digest bytes what",
    Verified: "equivalent conclusion before after differences updated",
    Skipped: "what reason *origin",
    Unproven: "distribution reason files bytes paths",
}
_WASTED = "path=file.absolute size=file.size layer=file.layer hidden_by=file.hidden.layer"
_WASTED += " how=file.hidden.how owner"


def plan_document(plan: Plan) -> dict[str, Any]:
    """Give a plan as ``jettison.plan/v1``."""
    return {
        "schema": "jettison.plan/v1",
        **_fields(plan.project, "dockerfile=dockerfile_path context target?"),
        **_fields(plan, "level python requirements system_packages=packages base=base_as_planned"),
        **_fields(plan, "prediction findings"),
        "unproven": _document(unproven_of(plan)),
        "files": _document(plan.files),
        "not_understood": [_fields(one, "message *origin") for one in plan.not_understood],
        "skipped": _document(plan.skipped),
    }


def base_document(choice: BaseChoice) -> dict[str, Any]:
    """Give the base in use, the one that is taken, and every candidate with its evidence."""
    return _fields(choice, SHAPES[BaseChoice])


def result_document(result: Result) -> dict[str, Any]:
    """Give a result as ``jettison.report/v1``: plan, images, verdict, the rules' shares."""
    development = result.development
    return {
        "schema": "jettison.report/v1",
        "engine": result.engine,
        "before": _image(result.before),
        **_fields(result, "reference? base?"),
        "after": _image(result.after),
        "development": _image(development) if development else None,
        "saved_bytes": result.saved,
        "verdict": verdict_document(result.verdict),
        "ablations": _document(result.ablations),
        "audit": audit_document(result.audit) if result.audit else None,
        "plan": plan_document(result.plan),
    }


def fleet_document(plan: FleetPlan) -> dict[str, Any]:
    """Give a fleet as ``jettison.fleet/v1``: projects, bases, the layers of each image, costs."""
    items = {item.key: item for row in plan.rows if row.project for item in row.project.items}
    layers = {
        name: [[f"{items[key].name}=={items[key].version}" for key in layer] for layer in image]
        for name, image in plan.layout.layers.items()
    }
    return {
        "schema": "jettison.fleet/v1",
        "nodes": plan.fleet.nodes,
        **_fields(plan, "projects=rows bases=groups cost alone bound alignments full_nodes"),
        "layers": layers,
        "repeated": [{"finding": text, "projects": count} for text, count in plan.repeated],
    }


def why_document(question: str, answers: Iterable[Answer]) -> dict[str, Any]:
    """Give answers as ``jettison.why/v1``."""
    return {"schema": "jettison.why/v1", "question": question, "answers": _document([*answers])}


def imports_document(result: ImportResult) -> dict[str, Any]:
    """Give what a check of imports found as ``jettison.imports/v1``."""
    shape = "equivalent python image_python full runtime imported losses kept failed not_apart"
    skipped = [_fields(one, "what reason") for one in result.skipped]
    return {"schema": "jettison.imports/v1", **_fields(result, shape), "skipped": skipped}


def inspection_document(image: Inspection) -> dict[str, Any]:
    """Give an inspection as ``jettison.inspect/v1``; sizes are uncompressed bytes."""
    return {
        "schema": "jettison.inspect/v1",
        **_fields(image, "image=name platform size compressed_size"),
        "base": {
            "layers": sum(layer.base for layer in image.layers),
            "known_by": image.base_known_by or None,
        },
        **_fields(image, "kinds layers"),
        "owners": [_share(share) for share in image.owners],
        "wasted": {
            "size": image.wasted_size,
            "files": len(image.wasted),
            "largest": [_fields(one, _WASTED) for one in image.wasted[:_FILES_LISTED]],
        },
        "duplicates": {
            "size": image.duplicated_size,
            "groups": len(image.duplicates),
            "largest": _document(image.duplicates[:_FILES_LISTED]),
        },
    }


def comparison_document(comparison: Comparison) -> dict[str, Any]:
    """Give a comparison as ``jettison.compare/v1``; ``growth`` is bytes of the second more."""
    side = "image=name size compressed_size wasted=wasted_size kinds"
    return {
        "schema": "jettison.compare/v1",
        "before": _fields(comparison.before, side),
        "after": _fields(comparison.after, side),
        "growth": comparison.after.size - comparison.before.size,
        **_fields(comparison, "grew shrank only_before only_after same"),
    }


def audit_document(audit: Audit) -> dict[str, Any]:
    """Give what advisories say of an image as ``jettison.audit/v1``."""
    return {
        "schema": "jettison.audit/v1",
        **_fields(audit, "image before? product? advisories ecosystems newest? fetched?"),
        **_fields(audit, "components counts findings skipped"),
    }


def check_document(gate: Gate) -> dict[str, Any]:
    """Give what a check found as ``jettison.check/v1``; its figures serve as a baseline."""
    return {
        "schema": "jettison.check/v1",
        **_fields(gate, "over different"),
        "images": [_checked(image) for image in gate.images],
    }


def _checked(image: CheckedImage) -> dict[str, Any]:
    return {
        **_fields(image.figures, SHAPES[Figures]),
        **_fields(image, "baseline no_baseline=missing? checks growth problems"),
        "verdict": verdict_document(image.verdict) if image.verdict else None,
    }


def _image(image: ImageMeasurement) -> dict[str, Any]:
    return {
        **_fields(image, "id size compressed_size"),
        "layers": len(image.layers),
        **_fields(image, "files python=python_version python_packages=distributions"),
        **_fields(image, "debian_packages setuid_files user"),
    }


def _share(share: OwnerShare) -> dict[str, Any]:
    layers = [{"layer": layer, "size": size} for layer, size in share.layers.items()]
    return {**_fields(share, "*owner size wasted files"), "layers": layers}


def _document(value: object) -> Any:  # noqa: ANN401  # JSON
    if type(value) in SHAPES:
        return _fields(value, SHAPES[type(value)])
    if isinstance(value, tuple | list):
        return [_document(each) for each in value]
    return to_builtins(value)


def _fields(value: object, shape: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for word in shape.split():
        key, _, path = word.strip("*?").partition("=")
        inner = reduce(_attribute, (path or key).split("."), value)
        if word[0] == "*":
            found |= _document(inner) if inner else dict.fromkeys(SHAPES[Origin].split())
        else:
            found[key] = _document(inner or None if word[-1] == "?" else inner)
    return found


def _attribute(value: object, name: str) -> Any:  # noqa: ANN401  # of any type
    found = None if value is None else getattr(value, name)
    return found() if callable(found) else found
