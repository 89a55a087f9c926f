"""Names of images: ``registry/repository:tag@digest``, with Docker's defaults."""

from __future__ import annotations

import ipaddress
import re

from msgspec import Struct

from jettison.errors import ImageError
from jettison.images.digest import Digest
from jettison.values import replace

DOCKER_HUB = "docker.io"
_LONGEST_TEXT = 1024
_HUB_ALIASES = frozenset({DOCKER_HUB, "index.docker.io", "registry-1.docker.io"})
_LONGEST_NAME = 255

# The grammar of distribution/reference.
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_HOST_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_REGISTRY = re.compile(rf"(?:{_HOST_LABEL}(?:\.{_HOST_LABEL})*|\[[0-9a-fA-F:]+\])(?::[0-9]+)?")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")


def last_name(text: str) -> str:
    """Give the last part of the name of an image, however it is written: ``redis``."""
    return text.rpartition("/")[2].partition("@")[0].partition(":")[0]


class Reference(Struct, frozen=True, order=True, kw_only=True):
    """Where an image is: by ``tag``, by ``digest``, or both (then the digest decides)."""

    registry: str
    repository: str
    tag: str = ""
    digest: Digest | None = None

    def __str__(self) -> str:
        return f"{self.registry}/{self.repository}{self._suffix}"

    @classmethod
    def parse(cls, text: str) -> Reference:
        """Read a reference as Docker does: Docker Hub and ``latest`` are implied.

        ImageError says which part is wrong.
        """
        if len(text) > _LONGEST_TEXT:
            raise _malformed(f"{text[:60]}…", f"it has more than {_LONGEST_TEXT} characters")
        name, _, digest_text = text.strip().partition("@")
        digest = Digest.parse(digest_text) if digest_text else None
        if "@" in text and digest is None:
            raise _malformed(text, "nothing follows the @")
        head, slash, last = name.rpartition("/")
        last, colon, tag = last.partition(":")
        registry, repository = _split(head + slash + last)
        if colon and not _TAG.fullmatch(tag):
            raise _malformed(text, f"{tag!r} is not a tag")
        if not _REGISTRY.fullmatch(registry):
            raise _malformed(text, f"{registry!r} is not a registry")
        if not _REPOSITORY.fullmatch(repository) or len(registry + repository) >= _LONGEST_NAME:
            raise _malformed(text, f"{repository!r} is not a repository; names are lower case")
        if not tag and digest is None:
            tag = "latest"
        return cls(registry=registry, repository=repository, tag=tag, digest=digest)

    @property
    def _suffix(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return f"{tag}@{self.digest}" if self.digest else tag

    @property
    def familiar(self) -> str:
        """The shortest text that names the same image for Docker users."""
        if self.registry != DOCKER_HUB:
            return str(self)
        return self.repository.removeprefix("library/") + self._suffix

    @property
    def target(self) -> str:
        """What is requested of a registry: the digest when there is one, else the tag."""
        return str(self.digest) if self.digest else self.tag

    @property
    def is_loopback(self) -> bool:
        """Whether the registry is on this machine, where plain HTTP is safe."""
        return is_loopback(re.sub(r":[0-9]+$", "", self.registry).strip("[]"))

    def at(self, digest: Digest) -> Reference:
        """Return the reference pinned to ``digest``; the tag stays for the reader."""
        return replace(self, digest=digest)


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address, without brackets and port, is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _split(name: str) -> tuple[str, str]:
    """Tell the registry from the repository, as Docker does."""
    first, slash, rest = name.partition("/")
    is_registry = "." in first or ":" in first or first == "localhost" or first != first.lower()
    if not slash or not is_registry:
        first, rest = DOCKER_HUB, name
    if first in _HUB_ALIASES:
        first = DOCKER_HUB
        rest = rest if "/" in rest else f"library/{rest}"
    return first, rest


def _malformed(text: str, why: str) -> ImageError:
    return ImageError(
        f"{text!r} is not an image reference",
        why=why,
        hint="Write it as registry/repository:tag or registry/repository@sha256:….",
    )
