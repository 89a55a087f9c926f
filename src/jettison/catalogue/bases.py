"""What is known of base images, as the tables of the catalogue tell of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from msgspec import Struct

from jettison.catalogue.applications import Entry, Lists, Texts, Words


class Sizes(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Uncompressed bytes of official images, by tag."""

    bytes: Mapping[str, int]


class EndOfLife(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The last days of versions of Python."""

    python: Mapping[str, dt.date]


class Alpine(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The version of musl, the packages of the image, and the last days of releases.

    ``split`` are beginnings of Debian's packages that Alpine's counterparts do not bring.
    """

    libc: str
    packages: Words
    split: Words
    ends: Mapping[str, dt.date]


class VariantFacts(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What holds for a kind of image."""

    shell: bool
    setuid: int
    note: str = ""


class PythonSizes(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Bytes of byte code (``byte_code`` is a factor of the source), and what pip leaves."""

    byte_code: float
    virtual_environment: int
    left_by_pip: int
    left_of_pip: int
    library_byte_code: int
    served_byte_code: int
    module_byte_code: int


class AptSizes(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Bytes that steps with apt leave."""

    lists: Mapping[str, int]
    status: int
    log: int
    fixed: int
    user: int
    locale: int


class BaseImages(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The official images."""

    sizes: Sizes
    end_of_life: EndOfLife
    alpine: Alpine
    variants: Mapping[str, VariantFacts]
    python: PythonSizes
    apt: AptSizes


class ComposedPython(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The release of Debian that has a Python, and its packages."""

    release: str
    packages: Words


class ComposedPackages(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The packages of a base: those that it always has, and those on request."""

    always: Words
    timezones: Words
    shell: Words


class Library(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of the standard library stays, and what is known of its modules."""

    reason: str
    always: Words
    tables: Words
    elsewhere: Words
    interactive: Words
    linked_by_modules: Words


class LeftOut(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Files that a base does not have."""

    name: str
    reason: str
    paths: Words
    keep: Words = ()
    of_package: str = ""
    zones: str = ""


class Accounts(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Users (name, number, number of the group, home) and groups (name, number)."""

    users: tuple[tuple[str, int, int, str], ...]
    groups: tuple[tuple[str, int], ...]


class Shell(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Programs that steps need, and those of a shell for debugging."""

    steps: Words
    applets: Words


class ComposedBase(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a base is composed of Debian's packages."""

    python: Mapping[str, ComposedPython]
    packages: ComposedPackages
    left_out_packages: Texts
    library: Library
    uncalled_programs: LeftOut
    leave_out: tuple[LeftOut, ...]
    accounts: Accounts
    links: Texts
    needs_scripts: Texts
    counted: Words
    shell: Shell


class Measured(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Bytes of all files of a base, and of its byte code."""

    files: int
    bytecode: int


class ComposedSizes(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a base has, by architecture, and what single packages take."""

    packages: Words
    amd64: Measured | None = None
    arm64: Measured | None = None
    kept: Mapping[str, int]

    def on(self, architecture: str) -> Measured | None:
        """What was measured for an architecture."""
        return {"amd64": self.amd64, "arm64": self.arm64}.get(architecture)


class ComposedBaseSizes(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The sizes of composed bases, by Python."""

    python: Mapping[str, ComposedSizes]


class DebianFacts(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A release of Debian: its C and C++ libraries, and the last days of its support."""

    glibc: str
    end_of_life: dt.date
    long_term: dt.date


class Releases(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Releases of Debian by name, and the first patch of each Python that official images had."""

    newest: str
    facts: Mapping[str, DebianFacts]
    numbers: Texts
    system_python: Texts
    aliases: Texts
    python: Mapping[str, Mapping[str, int]]


class Slim(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The packages of an official slim image, and its libraries by release."""

    packages: Words
    libraries: Lists


class Lookup(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Names that the lists of Debian are made for."""

    development: Words
    libraries: Words
    programs: Words
    packages: Words


class AlpinePrograms(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Programs of busybox, packages with the same programs, and the packages of some others."""

    busybox: Words
    gnu: Words
    packages: Texts


class SystemPackages(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Packages of Debian and what they are called in Alpine."""

    releases: Releases
    slim: Slim
    full: Words
    builtins: Words
    files: Words
    build: Texts
    lookup: Lookup
    programs: Texts
    alpine: Texts
    alpine_headers: Texts
    alpine_programs: AlpinePrograms
