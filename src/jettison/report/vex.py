"""What was really removed, for scanners: as OpenVEX, and as CycloneDX beside an SBOM.

Source: https://github.com/openvex/spec, version 0.2.0; CycloneDX 1.6 with vulnerabilities (VEX).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from jettison import __version__
from jettison.assessment.advisories import PYPI
from jettison.assessment.audit import Audit, Component, Fate, Finding

# Never "not affected" for what is merely not reached.
_JUSTIFICATIONS = {
    Fate.REMOVED: "component_not_present",
    Fate.CODE_REMOVED: "vulnerable_code_not_present",
}


def audit_openvex(audit: Audit) -> str:
    """State what was removed; nothing is stated of what is present."""
    statements = list(_statements(audit))
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


def _named(names: tuple[str, ...]) -> str:
    """Choose the name that scanners know a vulnerability by."""
    return next((name for name in names if name.startswith("CVE-")), names[0])


def _statements(audit: Audit) -> Iterator[dict[str, Any]]:
    for one in _removed(audit):
        vulnerability: dict[str, Any] = {"name": _named(one.names)}
        aliases = [name for name in one.names if name != vulnerability["name"]]
        vulnerability |= {"aliases": aliases} if aliases else {}
        statement = {"vulnerability": vulnerability, "products": _products(audit, one)}
        yield {
            **statement,
            "status": "not_affected",
            "justification": _JUSTIFICATIONS[one.fate],
            "status_notes": _impact(audit, one),
        }


def _removed(audit: Audit) -> list[Finding]:
    return [one for one in audit.findings if one.fate in _JUSTIFICATIONS]


def _impact(audit: Audit, finding: Finding) -> str:
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


def audit_cyclonedx(audit: Audit) -> str:
    """State what was removed; nothing is stated of what is present.

    What is gone is listed with the scope ``excluded``, so that statements can refer to it.
    """
    told = _removed(audit)
    gone = {one.component for one in told if one.fate is Fate.REMOVED}
    components = [
        component
        for one in sorted({each.component for each in told})
        for component in _components(one, gone=one in gone)
    ]
    image = {"type": "container", "bom-ref": "image", "name": audit.image}
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": audit.timestamp,
            "component": {**image, **({"purl": audit.product} if audit.product else {})},
            "tools": {
                "components": [{"type": "application", "name": "jettison", "version": __version__}]
            },
        },
        "components": components,
        "vulnerabilities": [_vulnerability(audit, one) for one in told],
    }
    return json.dumps(document, indent=2) + "\n"


def _components(component: Component, *, gone: bool) -> Iterator[dict[str, Any]]:
    for url in component.packages:
        path = url.partition("?")[0]
        yield {
            "type": "library",
            "bom-ref": url,
            "name": component.name if component.ecosystem == PYPI else _package(path),
            "version": component.version,
            "scope": "excluded" if gone else "required",
            "purl": url,
        }


def _package(url: str) -> str:
    """Give the name in the URL of a Debian package."""
    return url.rpartition("/")[2].partition("@")[0]


def _vulnerability(audit: Audit, finding: Finding) -> dict[str, Any]:
    name = _named(finding.names)
    others = [
        {"id": one, "source": {"name": "OSV", "url": f"https://osv.dev/vulnerability/{one}"}}
        for one in finding.names
        if one != name
    ]
    return {
        "id": name,
        "source": {"name": "OSV", "url": f"https://osv.dev/vulnerability/{name}"},
        "references": others,
        "description": finding.summary,
        "analysis": {
            "state": "not_affected",
            "justification": "code_not_present",
            "detail": _impact(audit, finding),
        },
        "affects": [{"ref": url} for url in finding.component.packages],
    }
