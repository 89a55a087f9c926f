"""What was really removed, as CycloneDX 1.6 with vulnerabilities (VEX), beside an SBOM."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from jettison import __version__
from jettison.assessment.advisories import PYPI
from jettison.assessment.audit import Audit, Component, Fate, Finding
from jettison.report.audit_openvex import JUSTIFICATIONS, impact, named


def audit_cyclonedx(audit: Audit, *, undecided: bool) -> str:
    """State what left; ``undecided`` also states what is present as in triage.

    What is gone is listed with the scope ``excluded``, so that statements can refer to it.
    """
    told = [one for one in audit.findings if one.fate in JUSTIFICATIONS]
    told += [one for one in audit.findings if undecided and one.fate in (Fate.PRESENT, Fate.NEW)]
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
    name = named(finding.names)
    stated = finding.fate in JUSTIFICATIONS
    analysis = (
        {
            "state": "not_affected",
            "justification": "code_not_present",
            "detail": impact(audit, finding),
        }
        if stated
        else {"state": "in_triage"}
    )
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
        "analysis": analysis,
        "affects": [{"ref": url} for url in finding.component.packages],
    }
