"""The service of a compose file that is meant: one that builds an image, or runs a published one.

Who deploys from a registry writes ``image:`` where others write ``build:``. That such an image is
the project's own shows in its name, or in a command that runs files of the project.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator

from jettison.errors import ProjectError
from jettison.formats.compose import ComposeFile, MountKind, Service
from jettison.images.reference import last_name
from jettison.source.operations_images import (
    DEFAULT,
    PYTHON,
    ends_with_python,
    is_for_development,
)
from jettison.values import is_within, without_password

_FROM = re.compile(r"^\s*FROM\s+(?:--\S+\s+)*(\S+)", re.IGNORECASE | re.MULTILINE)
_WORDS = re.compile(r"[^\s'\"=;&|()<>]+")
MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
# Options of Python, Celery and others after which a module follows.
_BEFORE_MODULE = ("-m", "-A", "--app")
_PARTS = re.compile(r"(.+?)[-_.](?:app|api|web|backend|server)")


def built_services(compose: ComposeFile | None) -> list[Service]:
    """Give the services that build an image."""
    return [item for item in compose.services if item.build] if compose else []


def is_there(service: Service, read: Callable[[str], str | None]) -> bool:
    """Whether the Dockerfile of a service can be read, which may be a part of the compose file."""
    inline = service.build is not None and service.build.inline is not None
    return inline or read(place_of(service)[1]) is not None


def single(
    built: list[Service], compose: ComposeFile, read: Callable[[str], str | None]
) -> Service:
    """Give the first of services that build one and the same image, one with a port before others.

    Of several images it is the only Python image, or that of the folder's own Dockerfile, or the
    only one that ends with Python, or is built from the folder and not for development, or, where
    all are built from one folder, the first one with a port on the host.
    """
    images = {place_of(item) for item in built}
    python = [item for item in built if PYTHON.search(_text(item, read)[0])]
    own = [item for item in python if place_of(item) == ("", DEFAULT)]
    ending = [item for item in python if ends_with_python(*_text(item, read))]
    whole = [item for item in ending if not place_of(item)[0] and not _is_beside(item)]
    for found in (python, own, ending, whole):
        if len({place_of(item) for item in found}) == 1:
            last = [item for item in found if item in ending] or found
            return with_port(last) or last[0]
    if len({place_of(item)[0] for item in python}) == 1 and (one := with_port(whole or ending)):
        return one
    if len(images) > 1:
        listed = ", ".join(item.name for item in built)
        raise ProjectError(
            f"{compose.file} builds {len(images)} images",
            why=f"services that build: {listed}",
            hint="Name one with --service.",
        )
    return with_port(built) or built[0]


def _text(service: Service, read: Callable[[str], str | None]) -> tuple[str, str, str | None]:
    path = place_of(service)[1]
    return read(path) or "", path, service.build.target if service.build else None


def _is_beside(service: Service) -> bool:
    """Whether a service or its Dockerfile is for development by its name."""
    parts = (service.name, *place_of(service)[1].lower().split("/"))
    return any(part == ".devcontainer" or is_for_development(part) for part in parts)


def place_of(service: Service) -> tuple[str, str]:
    """Context and Dockerfile of a service, relative to the project root."""
    build = service.build
    context = posixpath.normpath(without_password(build.context)[0]) if build else "."
    context = "" if context == "." else context
    return context, posixpath.normpath(
        posixpath.join(context, (build.dockerfile if build else None) or DEFAULT)
    )


def published_service(
    compose: ComposeFile, project: str, dockerfile: str, known: Callable[[str], bool]
) -> Service | None:
    """Give the service of the project's own image; None where nothing tells of one.

    ``project`` is the folder's name, ``dockerfile`` the text of its Dockerfile, and ``known`` tells
    of its files. Of several services it is the first one with a port.
    """
    bases = {_repository(name) for name in _FROM.findall(dockerfile)}
    own = [
        one
        for one in compose.services
        if one.image
        and not one.build
        and _repository(one.image) not in bases
        and (_is_named_after(one.image, project) or _runs_files(one, known))
    ]
    return with_port(own) or next((one for one in own if one.expose), next(iter(own), None))


def with_port(services: Iterable[Service]) -> Service | None:
    """Give the first service that has a port on the host: the others work behind it."""
    return next((one for one in services if one.ports), None)


def _repository(image: str) -> tuple[str, str]:
    """The registry with the namespace, and the last name, of an image without tag and digest."""
    return image.rpartition("/")[0], last_name(image)


def _is_named_after(image: str, project: str) -> bool:
    """Whether somebody's repository has the project's name; a name alone is anybody's."""
    place, name = _repository(image)
    wanted = _plain(project)
    return bool(place and wanted) and _plain(name) == wanted


def _plain(name: str) -> str:
    whole = name.lower()
    part = _PARTS.fullmatch(whole)
    return re.sub(r"[-_.]", "", part[1] if part else whole)


def _runs_files(service: Service, known: Callable[[str], bool]) -> bool:
    """Whether a command runs a module or a script that the project has, and nothing mounts it."""
    mounted = [one.target for one in service.volumes if one.kind is MountKind.BIND]
    return any(
        known(path)
        for word, path in _files(_words(service))
        if not any(is_within(word, target) for target in mounted)
    )


def _words(service: Service) -> list[str]:
    said = (service.entrypoint, service.command)
    return _WORDS.findall(" ".join(" ".join(one.words) for one in said if one))


def _files(words: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each word of a command with the files of a project that it could name."""
    before = ""
    for word in words:
        if word.endswith((".py", ".sh")):
            parts = word.strip("/").split("/")
            yield from ((word, "/".join(parts[start:])) for start in range(len(parts)))
        module, attribute, _ = word.partition(":")
        if (attribute or before in _BEFORE_MODULE) and MODULE.fullmatch(module):
            path = module.replace(".", "/")
            yield from ((word, f"{path}{suffix}") for suffix in (".py", "/__init__.py"))
        before = word
