"""Commands that fetch from the network, and what they do with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from jettison.ecosystems.commands.files import directories
from jettison.ecosystems.commands.invocation import Invocation, invocation
from jettison.formats.shell import Command, Script

_APT_PATHS = ("/etc/apt/", "/usr/share/keyrings/", "/usr/local/share/keyrings/")
_APT_SETTINGS = ("/etc/apt/apt.conf", "/etc/apt/preferences")


class AptSource(Struct, frozen=True, kw_only=True):
    """Commands that add an apt repository: they write its key or its list.

    ``commands`` are whole pipelines; ``paths`` are files under /etc/apt or a keyring directory.
    """

    commands: tuple[Command, ...]


def apt_sources(script: Script) -> tuple[AptSource, ...]:
    """Return the commands of a script that add apt repositories, one value for each pipeline."""
    return tuple(
        source for pipeline in pipelines(script) if (source := _apt_source(pipeline)) is not None
    )


def pipelines(script: Script) -> Iterator[tuple[Command, ...]]:
    """Yield the commands of a script, those of one pipeline together."""
    group: list[Command] = []
    for command in script.commands:
        if group and (command.pipeline is None or command.pipeline != group[-1].pipeline):
            yield tuple(group)
            group = []
        group.append(command)
    if group:
        yield tuple(group)


def written_paths(command: Command) -> tuple[str, ...]:
    """Return the files that a command writes: by redirection, ``tee`` or an output option."""
    redirected = [
        redirect.target.text
        for redirect in command.redirects
        if redirect.target is not None and redirect.operator in {">", ">>", ">|", "&>"}
    ]
    run = invocation(command)
    return (*redirected, *(_outputs(run) if run is not None else ()))


def _outputs(run: Invocation) -> Sequence[str]:
    if run.program == "tee":
        return [word.text for word in run.options.arguments]
    if run.program in {"cp", "mv"}:
        return [run.options.arguments[-1].text] if run.options.arguments else []
    names = {
        "curl": ("-o", "--output"),
        "wget": ("-O", "--output-document"),
        "gpg": ("-o", "--output"),
    }
    value = run.options.value(*names.get(run.program, ()))
    return [value] if value else []


def _apt_source(pipeline: tuple[Command, ...]) -> AptSource | None:
    paths = tuple(
        path
        for command in pipeline
        for path in (*written_paths(command), *_made(command))
        if path.startswith(_APT_PATHS) and not path.startswith(_APT_SETTINGS)
    )
    runs = [run for command in pipeline if (run := invocation(command)) is not None]
    if not paths and not any(run.program in {"add-apt-repository", "apt-key"} for run in runs):
        return None
    return AptSource(commands=pipeline)


def _made(command: Command) -> tuple[str, ...]:
    """Return what a command makes or opens to readers: ``install -d /etc/apt/keyrings``."""
    made = directories(command)
    if made is not None:
        return tuple(f"{path.rstrip('/')}/" for path in made.paths)
    run = invocation(command)
    if run is not None and run.program in {"chmod", "chown"}:
        return tuple(word.text for word in run.options.arguments[1:])
    return ()
