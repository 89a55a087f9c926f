"""``image inspect`` of docker and podman, as ImageFacts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from jettison.engines.engine import HealthCheck, ImageFacts, ImageID
from jettison.errors import EngineError

_NANOSECONDS = 1e9


def image_facts(text: str) -> ImageFacts:
    """Read the JSON of ``image inspect`` for one image. Raises EngineError when it is not that."""
    try:
        document = json.loads(text)[0]
        config = document.get("Config") or {}
        return ImageFacts(
            id=_image_id(document["Id"]),
            size=document["Size"],
            layers=tuple(document["RootFS"].get("Layers") or ()),
            architecture=document.get("Architecture", ""),
            health_check=_health_check(config.get("Healthcheck") or document.get("Healthcheck")),
            **_configured(config),
        )
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as wrong:
        raise EngineError(
            "the engine described an image in a way that is not understood",
            why=f"{type(wrong).__name__}: {wrong}",
            hint="Use a supported engine: Docker 23 or newer, Podman 4 or newer.",
        ) from wrong


def _configured(config: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "environment": tuple(_pair(entry) for entry in config.get("Env") or ()),
        "entrypoint": _words(config.get("Entrypoint")),
        "command": _words(config.get("Cmd")),
        "user": config.get("User") or "",
        "working_directory": config.get("WorkingDir") or "",
        "ports": tuple(sorted(config.get("ExposedPorts") or ())),
        "volumes": tuple(sorted(config.get("Volumes") or ())),
        "labels": tuple(sorted((config.get("Labels") or {}).items())),
        "stop_signal": config.get("StopSignal") or "",
    }


def _image_id(text: str) -> ImageID:
    return ImageID(text if text.startswith("sha256:") else f"sha256:{text}")


def _pair(entry: str) -> tuple[str, str]:
    name, _, value = entry.partition("=")
    return name, value


def _words(value: Sequence[str] | str | None) -> tuple[str, ...]:
    # podman gives an entry point as one string in some versions
    return (value,) if isinstance(value, str) and value else tuple(value or ())


def _health_check(value: Mapping[str, Any] | None) -> HealthCheck | None:
    test = tuple((value or {}).get("Test") or ())
    if value is None or not test or test[0] == "NONE":
        return None
    return HealthCheck(
        test=test,
        interval=value.get("Interval", 0) / _NANOSECONDS,
        timeout=value.get("Timeout", 0) / _NANOSECONDS,
        start_period=value.get("StartPeriod", 0) / _NANOSECONDS,
        retries=value.get("Retries", 0),
    )
