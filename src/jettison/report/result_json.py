"""A result as ``jettison.report/v1``."""

from __future__ import annotations

from typing import Any

from jettison.measure.measurement import ImageMeasurement
from jettison.report.plan_json import plan_document, size_document
from jettison.result import Result
from jettison.verify.verdict_json import verdict_document

SCHEMA = "jettison.report/v1"


def result_document(result: Result) -> dict[str, Any]:
    """Give the document: the plan, the images, the verdict, and the rules' measured shares."""
    development = result.development
    return {
        "schema": SCHEMA,
        "engine": result.engine,
        "before": image_document(result.before),
        "reference": result.reference or None,
        "base": result.base or None,
        "after": image_document(result.after),
        "development": image_document(development) if development else None,
        "saved_bytes": result.saved,
        "verdict": verdict_document(result.verdict),
        "ablations": [
            {"rule": item.rule, "saving": size_document(item.saving)} for item in result.ablations
        ],
        "plan": plan_document(result.plan),
    }


def image_document(image: ImageMeasurement) -> dict[str, Any]:
    """Give the measurements of one image; every size in bytes with its basis."""
    return {
        "id": image.id,
        "size": size_document(image.size),
        "compressed_size": size_document(image.compressed_size),
        "layers": len(image.layers),
        "files": image.files,
        "python": image.python_version,
        "python_packages": [
            {"name": item.name, "version": item.version, "size": size_document(item.size)}
            for item in image.distributions
        ],
        "debian_packages": [
            {"name": item.name, "version": item.version, "size": size_document(item.size)}
            for item in image.debian_packages
        ],
        "setuid_files": list(image.setuid_files),
        "user": image.user,
    }
