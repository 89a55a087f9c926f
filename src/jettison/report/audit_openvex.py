"""What was really removed, as OpenVEX 0.2 for scanners.

Source: https://github.com/openvex/spec, version 0.2.0.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from jettison import __version__
from jettison.assessment.audit import Audit, Fate, Finding

# Never "not affected" for what is merely not reached.
JUSTIFICATIONS = {
    Fate.REMOVED: "component_not_present",
    Fate.CODE_REMOVED: "vulnerable_code_not_present",
}
_UNDECIDED = (Fate.PRESENT, Fate.NEW)


def audit_openvex(audit: Audit, *, undecided: bool) -> str:
    """State what left; ``undecided`` also states what is present as under investigation."""
    statements = list(_statements(audit, undecided=undecided))
    digest = hashlib.sha256(json.dumps([audit.image, statements]).encode()).hexdigest()
    document = {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": f"https://openvex.dev/docs/public/vex-{digest}",
        "author": "Jettison",
        "role": "Image optimizer",
        "timestamp": audit.timestamp,
        "version": 1,
        "tooling": f"jettison {__version__}",
        "statements": statements,
    }
    return json.dumps(document, indent=2) + "\n"


def named(names: tuple[str, ...]) -> str:
    """Choose the name that scanners know a vulnerability by."""
    return next((name for name in names if name.startswith("CVE-")), names[0])


def _statements(audit: Audit, *, undecided: bool) -> Iterator[dict[str, Any]]:
    for one in audit.findings:
        vulnerability: dict[str, Any] = {"name": named(one.names)}
        aliases = [name for name in one.names if name != vulnerability["name"]]
        vulnerability |= {"aliases": aliases} if aliases else {}
        statement = {"vulnerability": vulnerability, "products": _products(audit, one)}
        if one.fate in JUSTIFICATIONS:
            yield {
                **statement,
                "status": "not_affected",
                "justification": JUSTIFICATIONS[one.fate],
                "status_notes": impact(audit, one),
            }
        elif undecided and one.fate in _UNDECIDED:
            yield {**statement, "status": "under_investigation"}


def impact(audit: Audit, finding: Finding) -> str:
    """Say in one sentence what was removed."""
    component = f"{finding.component.name} {finding.component.version}"
    if finding.fate is Fate.CODE_REMOVED:
        files = ", ".join(finding.files)
        return f"{files} of {component} is not in the image; {finding.source} names it."
    return f"{component} is in {audit.before} and not in {audit.image}."


def _products(audit: Audit, finding: Finding) -> list[dict[str, Any]]:
    """Name the package in both forms that scanners match: within the image, and by itself."""
    packages = [{"@id": url} for url in finding.component.packages]
    image = [{"@id": audit.product, "subcomponents": packages}] if audit.product else []
    return [*image, *packages]
