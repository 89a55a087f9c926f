"""Writes the configuration of an image as instructions of a Dockerfile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from jettison.formats.dockerfile.lines import in_exec_form, quoted
from jettison.images.config import Config

# What builds of this program alone are labelled with.
OWN_LABEL = "dev.jettison."


class Said(Struct, frozen=True, kw_only=True):
    """What a Dockerfile says already, by keyword, and by name where each line adds to others."""

    keywords: frozenset[str] = frozenset()
    labels: frozenset[str] = frozenset()
    ports: frozenset[str] = frozenset()
    volumes: frozenset[str] = frozenset()


def variables_said(variables: Iterable[tuple[str, str]]) -> str:
    """Write variables as one ENV."""
    return "ENV " + " \\\n    ".join(f"{key}={quoted(value)}" for key, value in variables) + "\n"


def configured(config: Config, said: Said) -> Iterator[str]:
    """Give the instructions for everything but variables that is not said yet."""
    yield from _collected(config, said)
    started_anew = "ENTRYPOINT" in said.keywords
    single = {
        "WORKDIR": config.working_directory.rstrip("/"),
        "USER": config.user,
        "STOPSIGNAL": config.stop_signal,
        "HEALTHCHECK": _health_check(config),
        "ENTRYPOINT": in_exec_form(config.entrypoint) if config.entrypoint else "",
        "CMD": in_exec_form(config.command) if config.command and not started_anew else "",
    }
    for keyword, text in single.items():
        if text and keyword not in said.keywords:
            yield f"{keyword} {text}\n"


def _collected(config: Config, said: Said) -> Iterator[str]:
    """The instructions of which each adds to the others."""
    labels = [
        f"{key}={quoted(value)}"
        for key, value in config.labels.items()
        if key not in said.labels and not key.startswith(OWN_LABEL)
    ]
    if labels:
        yield f"LABEL {' '.join(labels)}\n"
    exposed = {port.removesuffix("/tcp") for port in said.ports}
    ports = [port.removesuffix("/tcp") for port in config.ports]
    if new := [port for port in ports if port not in exposed]:
        yield f"EXPOSE {' '.join(new)}\n"
    if volumes := [path for path in config.volumes if path not in said.volumes]:
        yield f"VOLUME {in_exec_form(volumes)}\n"


def _health_check(config: Config) -> str:
    check = config.health_check
    kind, *words = check.test if check else ("",)
    if check is None or kind not in ("CMD", "CMD-SHELL"):
        return kind
    times = {
        "interval": check.interval,
        "timeout": check.timeout,
        "start-period": check.start_period,
        "start-interval": check.start_interval,
    }
    options = [f"--{name}={value}ns" for name, value in times.items() if value]
    options += [f"--retries={check.retries}"] if check.retries else []
    return " ".join([*options, "CMD", in_exec_form(words) if kind == "CMD" else words[0]])
