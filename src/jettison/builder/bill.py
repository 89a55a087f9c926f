"""The bill of materials of an image: CycloneDX 1.6 as JSON, the same bytes for the same image."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from jettison import __version__
from jettison.builder.base import BaseFacts
from jettison.builder.recipe import Pin
from jettison.images.digest import encode

MEDIA_TYPE = "application/vnd.cyclonedx+json"


def bill_of(name: str, pins: Iterable[Pin], facts: BaseFacts, platform: str) -> str:
    """List every distribution and every Debian package of an image, without a time."""
    components = [
        *(_distribution(pin) for pin in pins),
        *(_package(*each, facts.distribution) for each in facts.debian),
        _interpreter(facts),
    ]
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {"type": "container", "bom-ref": "image", "name": name},
            "properties": [{"name": "jettison:platform", "value": platform}],
            "tools": {
                "components": [{"type": "application", "name": "jettison", "version": __version__}]
            },
        },
        "components": sorted(components, key=lambda each: str(each["bom-ref"])),
    }
    return encode(document).decode()


def _distribution(pin: Pin) -> dict[str, Any]:
    reference = f"pkg:pypi/{quote(pin.name)}@{quote(pin.version)}"
    return {
        "type": "library",
        "bom-ref": reference,
        "name": pin.name,
        "version": pin.version,
        "purl": reference,
        "hashes": [{"alg": "SHA-256", "content": pin.sha256}],
        "properties": [{"name": "jettison:wheel", "value": pin.filename}],
    }


def _package(name: str, version: str, architecture: str, distribution: str) -> dict[str, Any]:
    qualifiers = f"?arch={architecture}" + (f"&distro={distribution}" if distribution else "")
    reference = f"pkg:deb/debian/{quote(name, safe='')}@{quote(version, safe='')}{qualifiers}"
    return {
        "type": "library",
        "bom-ref": reference,
        "name": name,
        "version": version,
        "purl": reference,
    }


def _interpreter(facts: BaseFacts) -> dict[str, Any]:
    reference = f"pkg:generic/python@{facts.version}"
    return {
        "type": "platform",
        "bom-ref": reference,
        "name": "CPython",
        "version": facts.version,
        "purl": reference,
        "cpe": f"cpe:2.3:a:python:python:{facts.version}:*:*:*:*:*:*:*",
    }
