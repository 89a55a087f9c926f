"""How the image is run: what the Dockerfile says on top of what the base says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from jettison.builder.commands import Place
from jettison.builder.recipe import Execution, HealthCheck, not_understood
from jettison.formats.dockerfile import HealthCheck as Written
from jettison.formats.dockerfile import (
    Instruction,
    healthcheck,
    pairs,
    ports,
    stopsignal,
    user,
    volumes,
    workdir,
)
from jettison.images.config import Config
from jettison.images.config import HealthCheck as ConfiguredHealthCheck
from jettison.lift.reference import Invocation
from jettison.lift.stage import FinalStage

_NANOSECONDS = 1_000_000_000
_SHELL = ("/bin/sh", "-c")


def execution(
    stage: FinalStage, environment: Mapping[str, str], found: Iterable[Place]
) -> Execution:
    """Read the describing instructions; ``environment`` is all of ENV, the base's included."""
    by_keyword: dict[str, list[Place]] = {}
    for place in found:
        by_keyword.setdefault(place.instruction.keyword, []).append(place)
    entrypoint, command = stage.entrypoint, stage.command
    if entrypoint and command and _line(command) < _line(entrypoint):
        # As BuildKit has it: a CMD before the ENTRYPOINT of the same stage stays.
        same = command.instruction in stage.instructions
        command = command if same or entrypoint.instruction not in stage.instructions else None
    return Execution(
        environment=tuple(environment.items()),
        user=_last(by_keyword, "USER", user),
        directory=_directory(by_keyword),
        entrypoint=_words(entrypoint),
        command=_words(command) if command else (() if entrypoint else None),
        ports=tuple(port for place in by_keyword.get("EXPOSE", ())
                    for word in ports(place.instruction)
                    for port in _ports(place.expanded(word), place)),
        volumes=tuple(place.expanded(path) for place in by_keyword.get("VOLUME", ())
                      for path in volumes(place.instruction)),
        labels=tuple({place.expanded(name): place.expanded(value)
                      for place in by_keyword.get("LABEL", ())
                      for name, value in pairs(place.instruction)}.items()),
        health_check=_health_check(by_keyword.get("HEALTHCHECK", [])),
        stop_signal=_last(by_keyword, "STOPSIGNAL", stopsignal),
    )  # fmt: skip


def configured(base: Config, execution: Execution) -> Config:
    """Return the base's config with what an execution says."""
    config = base.with_env(dict(execution.environment))
    if execution.user:
        config = config.with_user(execution.user)
    if execution.directory:
        config = config.with_working_directory(execution.directory)
    if execution.entrypoint is not None:
        config = config.with_entrypoint(execution.entrypoint)
    if execution.command is not None:
        config = config.with_command(execution.command)
    if execution.health_check:
        config = config.with_health_check(_configured_check(execution.health_check))
    if execution.stop_signal:
        config = config.with_stop_signal(execution.stop_signal)
    return (
        config.with_ports((*base.ports, *execution.ports))
        .with_volumes((*base.volumes, *execution.volumes))
        .with_labels({**base.labels, **dict(execution.labels)})
    )


def _last(
    found: Mapping[str, list[Place]], keyword: str, read: Callable[[Instruction], str]
) -> str:
    places = found.get(keyword)
    return places[-1].expanded(read(places[-1].instruction)) if places else ""


def _directory(found: Mapping[str, list[Place]]) -> str:
    places = found.get("WORKDIR")
    if not places:
        return ""
    return places[-1].absolute(places[-1].expanded(workdir(places[-1].instruction)))


def _line(invocation: Invocation) -> int:
    return invocation.origin.line or 0


def _words(invocation: Invocation | None) -> tuple[str, ...] | None:
    if invocation is None:
        return None
    return invocation.words if invocation.words is not None else (*_SHELL, invocation.text)


def _ports(text: str, place: Place) -> Iterable[str]:
    """Return each port of ``8000``, ``53/udp`` or ``8000-8003/tcp``."""
    numbers, _, protocol = text.partition("/")
    first, _, last = numbers.partition("-")
    if not first.isdigit() or not (last or first).isdigit():
        raise not_understood(place.instruction.text, f"{text} is no port", place.instruction.origin)
    kind = protocol.lower() or "tcp"
    return tuple(f"{number}/{kind}" for number in range(int(first), int(last or first) + 1))


def _health_check(found: list[Place]) -> HealthCheck | None:
    if not found:
        return None
    written: Written = healthcheck(found[-1].instruction)
    if written.none:
        return HealthCheck(test=("NONE",))
    test = (
        ("CMD", *written.exec_form)
        if written.exec_form
        else ("CMD-SHELL", written.shell_form or "")
    )
    return HealthCheck(
        test=test,
        interval=written.interval,
        timeout=written.timeout,
        start_period=written.start_period,
        start_interval=written.start_interval,
        retries=written.retries,
    )


def _configured_check(check: HealthCheck) -> ConfiguredHealthCheck:
    def nanoseconds(seconds: float | None) -> int:
        return round((seconds or 0) * _NANOSECONDS)

    return ConfiguredHealthCheck(
        test=check.test,
        interval=nanoseconds(check.interval),
        timeout=nanoseconds(check.timeout),
        start_period=nanoseconds(check.start_period),
        start_interval=nanoseconds(check.start_interval),
        retries=check.retries or 0,
    )
