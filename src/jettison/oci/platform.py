"""The operating system and processor an image is for."""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct

from jettison.errors import ImageError
from jettison.oci.document import Fields, text_field

# Names that uname and Python use for what images call by another name.
_ARCHITECTURES = {
    "x86_64": "amd64",
    "x86-64": "amd64",
    "aarch64": "arm64",
    "armhf": "arm",
    "i386": "386",
    "i686": "386",
}
# A variant that means the same as none at all.
_IMPLIED_VARIANTS = {"arm64": "v8", "amd64": "v1", "arm": "v7"}
_PART = re.compile(r"[a-z0-9_.-]+")


class Platform(Struct, frozen=True, order=True, kw_only=True):
    """For example ``linux/amd64`` or ``linux/arm/v6``; an implied variant is left out."""

    os: str = "linux"
    architecture: str
    variant: str = ""
    os_version: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)

    @classmethod
    def parse(cls, text: str) -> Platform:
        """Read ``os/architecture[/variant]``, or an architecture alone for linux."""
        parts = text.lower().split("/")
        if len(parts) == 1:
            parts = ["linux", *parts]
        if len(parts) not in {2, 3} or not all(_PART.fullmatch(part) for part in parts):
            raise ImageError(
                f"{text!r} is not a platform", hint="Write it as linux/amd64 or linux/arm64."
            )
        return cls._normal(*parts)

    @classmethod
    def from_fields(cls, fields: Fields) -> Platform:
        """Read the platform object of a descriptor, or those fields of a config."""
        return cls._normal(
            text_field(fields, "os") or "linux",
            text_field(fields, "architecture"),
            text_field(fields, "variant"),
            text_field(fields, "os.version"),
        )

    @classmethod
    def _normal(
        cls, os: str, architecture: str, variant: str = "", os_version: str = ""
    ) -> Platform:
        architecture = _ARCHITECTURES.get(architecture, architecture)
        if _IMPLIED_VARIANTS.get(architecture) == variant:
            variant = ""
        return cls(os=os, architecture=architecture, variant=variant, os_version=os_version)

    @property
    def fields(self) -> dict[str, str]:
        """The platform as a descriptor holds it."""
        named = {
            "architecture": self.architecture,
            "os": self.os,
            "os.version": self.os_version,
            "variant": self.variant,
        }
        return {name: value for name, value in named.items() if value}

    def suits(self, wanted: Platform) -> bool:
        """Tell whether an image for this platform answers a request for ``wanted``."""
        same = (self.os, self.architecture) == (wanted.os, wanted.architecture)
        return same and wanted.variant in {"", self.variant}


def spoken(platforms: Iterable[Platform]) -> str:
    """Return the platforms as one sorted, comma-separated text."""
    return ", ".join(sorted({str(platform) for platform in platforms})) or "none"
