"""Which image of a folder is meant: a Dockerfile, and the compose service that builds it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from msgspec import Struct, field

from jettison.errors import InputSyntaxError, JettisonError, ProjectError
from jettison.formats.compose import COMPOSE_NAMES, ComposeFile, Service
from jettison.source import is_compose, is_dockerfile
from jettison.source.operations_images import (
    DEFAULT,
    OTHERS,
    PYTHON,
    arguments_for_development,
    compose_beside,
    for_users,
    is_for_development,
    makes_another,
    topmost,
)
from jettison.source.operations_lines import copied_from
from jettison.tasks.loading.services import (
    built_services,
    is_there,
    place_of,
    published_service,
    single,
)
from jettison.values import Skipped, replace


class Choice(Struct, frozen=True, kw_only=True):
    """The image that is meant; paths are relative to the project root, ``""`` is the root.

    ``passed_over`` is what another image was not taken for.
    """

    dockerfile: str
    context: str
    compose: str | None = None
    service: str | None = None
    target: str | None = None
    arguments: Mapping[str, str] = field(default_factory=dict)
    passed_over: tuple[Skipped, ...] = ()


def choose(
    names: Iterable[str],
    read: Callable[[str], str | None],
    *,
    dockerfile: str | None = None,
    service: str | None = None,
    deeper: Callable[[], Iterable[str]] = tuple,
    environment: Mapping[str, str] | None = None,
    exists: Callable[[str], bool] | None = None,
    project: str = "",
) -> Choice:
    """Choose the image of a folder.

    ``names`` are the files in the folder itself; ``read`` gives a file's text by its path, None
    when there is none; ``deeper`` finds Dockerfiles in its folders, of which a single one is
    taken; ``exists`` tells of files and folders, whatever they hold; ``project`` is the folder's
    name. Where a service builds an image for development and one for production is beside it, that
    one is meant. Variables of a compose file come from ``environment``, then from the environment
    file beside it. A Dockerfile that is named without a service is built as ``docker build -f``
    does it: a compose file only tells its context. Raises ProjectError when nothing can be built or
    a choice is left open, and InputSyntaxError for a compose file that is not valid where no
    Dockerfile lies beside it or a service is named.
    """
    names = sorted(names)
    known = exists or (lambda path: read(path) is not None)
    if dockerfile is not None and service is None:
        path = posixpath.normpath(dockerfile)
        told = _built_beside(names, path, read, environment or {})
        context = copied_from(path, read, known) if told is None else told
        return Choice(dockerfile=path, context=context)

    def beside() -> list[str]:
        return [path for path in (*names, *deeper()) if is_dockerfile(path)]

    for name in set(names) & set(COMPOSE_NAMES):
        read(name)  # raises for one that is no text, which may say anything
    passed: tuple[Skipped, ...] = ()
    try:
        compose = compose_beside(names, read, environment or {})
    except InputSyntaxError as error:
        if service is not None or DEFAULT not in names:
            raise
        compose, passed = None, (_not_read(error),)
    if service is not None:
        return _of_service(compose, service, read, beside)
    named = built_services(compose)
    built = [item for item in named if is_there(item, read)]
    beside_it = next(filter(is_dockerfile, names), None)
    if compose and not built and beside_it and len(named) > 1:
        reason = f"no Dockerfile that its services build is there: {beside_it} is looked at"
        passed = (Skipped(what=compose.file, reason=reason),)
    else:
        built = built or named
    if built and compose:
        found = _of_service(compose, single(built, compose, read).name, read, beside)
        return _for_production(found, read) or found
    path = _dockerfile(names, deeper, read)
    context = copied_from(path, read, known) if "/" in path else ""
    found = Choice(dockerfile=path, context=context, passed_over=passed)
    own = published_service(compose, project, read(path) or "", known) if compose else None
    return replace(found, compose=compose.file, service=own.name) if compose and own else found


_ABOVE = 3
"""How many folders above one are looked at."""


def built_from_above(
    folder: Path,
    names: Callable[[Path], Sequence[str]],
    read: Callable[[Path, str], str | None],
    environment: Mapping[str, str],
) -> tuple[Path, str, tuple[Skipped]] | None:
    """Find the folder above one, in its repository, whose compose file builds it, and the service.

    ``names`` gives the files of a folder, ``read`` the text of one. None where the folder has no
    Dockerfile or a compose file of its own, and where nothing above it builds it.
    """
    own = names(folder)
    if DEFAULT not in own or any(map(is_compose, own)) or (folder / ".git").exists():
        return None
    folders = folder.parents[:_ABOVE]
    top = next((number for number, one in enumerate(folders) if (one / ".git").exists()), -1)
    for above in folders[: top + 1]:
        reading = partial(read, above)
        with suppress(JettisonError):  # who runs it there is told
            compose = compose_beside(names(above), reading, environment)
            within = folder.relative_to(above).as_posix()
            built = [one for one in built_services(compose) if place_of(one)[0] == within]
            if compose and built:
                name = single(built, compose, reading).name
                reason = f"{compose.file} in {above} builds it as {name}"
                return above, name, (Skipped(what=f"{within} by itself", reason=reason),)
    return None


def _not_read(error: InputSyntaxError) -> Skipped:
    """The compose file that Docker Compose would refuse too, while the Dockerfile builds."""
    reason = f"{error.what}: {DEFAULT} is looked at without it"
    return Skipped(what="the compose file", reason=reason, origin=error.origin)


def _of_service(
    compose: ComposeFile | None, name: str, read: Callable[[str], str | None],
    beside: Callable[[], Iterable[str]],
) -> Choice:  # fmt: skip
    service = compose.service(name) if compose else None
    if compose is None or service is None or service.build is None:
        listed = ", ".join(item.name for item in built_services(compose)) or "none"
        raise ProjectError(
            f"no service {name} that builds an image",
            why=f"services that build: {listed}",
            hint="Name another one with --service, or a Dockerfile with --file.",
        )
    context, dockerfile = place_of(service)
    for what, path in (("build context", context), ("Dockerfile", dockerfile)):
        if path.startswith(("..", "/")) or "://" in path:
            raise ProjectError(
                f"the {what} of {name} lies outside the project: {path}",
                hint="Run Jettison on the folder that holds both it and the compose file.",
                origin=service.build.origin,
            )
    passed = None
    if service.build.inline is not None or read(dockerfile) is None:
        folders = (context, posixpath.dirname(dockerfile))
        dockerfile, passed = _instead(service, beside, folders)
        context = context if posixpath.dirname(dockerfile) in folders else ""
    return Choice(
        dockerfile=dockerfile,
        context=context,
        compose=compose.file,
        service=name,
        target=service.build.target,
        arguments={item.name: item.value for item in service.build.args if item.value is not None},
        passed_over=(passed,) if passed else (),
    )


def _instead(
    service: Service, beside: Callable[[], Iterable[str]], folders: tuple[str, str]
) -> tuple[str, Skipped]:
    """The only Dockerfile for users in the folders where the one that a service names is not.

    Without one, that of the project itself: its files may have been moved since.
    """
    dockerfile = place_of(service)[1]
    origin = service.build.origin if service.build else None
    there = list(beside())
    others = [one for one in there if posixpath.dirname(one) in folders]
    others = others or [one for one in there if one == DEFAULT]
    why = "no such file" + (f"; beside it there are {', '.join(others)}" if others else "")
    if inline := service.build and service.build.inline is not None:
        others, why = [], "it is written inside the compose file"
    if inline or (one := for_users(others)) is None:
        raise ProjectError(
            f"the Dockerfile of {service.name} cannot be read: {dockerfile}",
            why=why,
            hint="Correct build.dockerfile, or name a Dockerfile with --file.",
            origin=origin,
        )
    reason = f"service {service.name} names it and it does not exist: {one} is looked at"
    return one, Skipped(what=dockerfile, reason=reason, origin=origin)


def _for_production(choice: Choice, read: Callable[[str], str | None]) -> Choice | None:
    """The image beside one that is for development by the name of its Dockerfile, folder or stage.

    None where the service's own is for production, or is all there is.
    """
    inner = posixpath.relpath(choice.dockerfile, choice.context or ".")
    others = (posixpath.join(choice.context, path) for path in _beside(inner))
    other = next((path for path in others if PYTHON.search(read(path) or "")), None)
    if other is None and (own := _own_arguments(choice, read)) is not None:
        return own
    if other is not None:
        what, dockerfile = inner, other
    elif choice.target and _is_for_developers(choice.target):
        what, dockerfile = f"the stage {choice.target}", choice.dockerfile
        if not makes_another(read(dockerfile) or "", dockerfile, choice.target):
            return None
    else:
        return None
    reason = f"it builds {what}, which is for development by its name: {dockerfile} is looked at"
    passed = Skipped(what=f"service {choice.service}", reason=reason)
    return Choice(dockerfile=dockerfile, context=choice.context, passed_over=(passed,))


def _own_arguments(choice: Choice, read: Callable[[str], str | None]) -> Choice | None:
    """The choice with the Dockerfile's own arguments where the service's name development."""
    path, given = choice.dockerfile, dict(choice.arguments)
    passed = [
        Skipped(
            what=f"service {choice.service}",
            reason=f"its {name}={given.pop(name)} is for development: {path} has {default}",
        )
        for name, default in arguments_for_development(path, read(path) or "", choice.arguments)
    ]
    return replace(choice, arguments=given, passed_over=tuple(passed)) if passed else None


def _beside(path: str) -> Iterator[str]:
    """Where the production image of a Dockerfile for development would be described."""
    parts = path.split("/")
    for number, part in enumerate(parts):
        if _is_for_developers(part):
            for name in ("production", "prod"):
                yield "/".join((*parts[:number], name, *parts[number + 1 :]))
    if path != DEFAULT and any(map(_is_for_developers, parts)):
        yield DEFAULT


def _is_for_developers(name: str) -> bool:
    return is_for_development(re.sub("local", "development", name, flags=re.IGNORECASE))


def _built_beside(
    names: list[str], path: str, read: Callable[[str], str | None], environment: Mapping[str, str]
) -> str | None:
    """The context in which a compose file builds a Dockerfile; None when none does."""
    if path.startswith(("..", "/")) or read(path) is None:
        raise ProjectError(
            f"no Dockerfile {path}", hint="Give --file a path inside the project folder."
        )
    try:
        built = built_services(compose_beside(names, read, environment))
    except InputSyntaxError:
        built = []
    contexts = (context for context, file in map(place_of, built) if file == path)
    return next((one for one in contexts if not one.startswith(("..", "/"))), None)


def _dockerfile(
    names: list[str], deeper: Callable[[], Iterable[str]], read: Callable[[str], str | None]
) -> str:
    if DEFAULT in names:
        return DEFAULT
    others = [name for name in names if is_dockerfile(name)]
    if len(others) > 1 and (one := for_users(others)):
        return one
    if len(others) > 1:
        raise ProjectError(
            "several Dockerfiles and none of them is named Dockerfile",
            why=", ".join(others),
            hint="Name one with --file.",
        )
    if not others:
        below = list(deeper())
        below = [path for path in below if not path.startswith(".")] or below
        texts = {path: read(path) or "" for path in below}
        python = [p for p, t in texts.items() if "python" in t.lower() or not OTHERS.search(t)]
        if one := for_users(python) or topmost(below, read):
            return one
        found = ", ".join(below)
        raise ProjectError(
            "no Dockerfile",
            why=f"in its folders there are {found}"
            if found
            else "the folder has neither a Dockerfile nor a compose file that builds one",
            hint="Run Jettison on the folder of a Dockerfile, or name one with --file.",
        )
    return others[0]
