"""What lies around an environment, and what stands beside it, as the tables tell of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from msgspec import Struct, field

from jettison.catalogue.applications import Entry, Lists, Texts, Words


class Header(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A header of responses that may differ; with ``presence`` both have to have it."""

    name: str
    reason: str
    presence: bool = False


class MeasuredNames(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Names of values that are measured again each time."""

    names: Words
    headers: Words
    metrics: Words


class Compared(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of responses is not compared."""

    headers: tuple[Header, ...]
    unordered: Words
    measured: MeasuredNames


class PythonFiles(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Patterns of the standard library and of the interpreter."""

    standard_library: str
    interpreter: str


class FileOwners(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who files belong to that no package lists."""

    caches: Words
    own: str
    python: PythonFiles
    generated: Lists
    installed: Lists


class Loopback(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A certificate for this machine alone, as PEM."""

    authority: str
    certificate: str
    key: str

    @property
    def files(self) -> dict[str, str]:
        """All of it by name."""
        return {"authority": self.authority, "certificate": self.certificate, "key": self.key}


class NativeNeed(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Libraries of the system that modules of a distribution load, or of the standard library."""

    distribution: str = ""
    modules: Words
    libraries: Words
    how: str
    unless: Words = ()
    finds: bool = False


class NativeLibraries(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole table."""

    need: tuple[NativeNeed, ...]


class Account(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who logs in."""

    username: str
    email: str
    password: str


class SampleText(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A text for fields of some names."""

    pattern: str
    value: str


class SampleCredentials(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a library wants to be set when it raises ``error``; ``file`` stands at ``target``."""

    error: str
    source: str
    variables: Texts
    file: str = ""
    target: str = ""


class SampleFile(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file that stands where paths of a pattern lead."""

    pattern: str
    file: str


class Samples(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Values for requests."""

    account: Account
    text: tuple[SampleText, ...]
    variables: tuple[SampleText, ...]
    credentials: tuple[SampleCredentials, ...]
    files: tuple[SampleFile, ...]
    fitting: Words
    formats: Texts
    others: Texts


class StandIn(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a service is started from packages of Debian, in place of some images.

    ``further`` are packages that only some of the images need.
    """

    images: Words
    packages: Words
    start: str
    further: Mapping[str, Words] = field(default_factory=dict)
    prepare: str = ""


class DebianServices(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Bases for services, and the services."""

    bases: Words
    stand_ins: Mapping[str, StandIn]


class Store(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A service that variables of some names lead to, with what stands in them.

    ``schemes`` are those of its address by the driver that is required, ``environment`` are the
    variables of its image, and ``image_defaults`` what the image takes where some are not set.
    Without an image it is a file.
    """

    pattern: str
    schemes: Mapping[str, str]
    address: str
    image: str = ""
    host: str = ""
    user: str = ""
    password: str = ""
    database: str = ""
    environment: Texts = field(default_factory=dict)
    image_defaults: Texts = field(default_factory=dict)


class Services(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Services beside an application."""

    ports: Mapping[str, int]
    stores: tuple[Store, ...]
    debian: DebianServices


class CompilerPackages(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The packages of a compiler."""

    debian: Words
    alpine: Words


class SourceBuilds(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What distributions are built with."""

    compiler: CompilerPackages
    packages: Lists


class ProgramNeeds(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What only some programs of packages use, by their names or the options that run them.

    ``needs`` are dependencies of the packages, ``paths`` files of their own; with neither, what
    scripts of the shell call. ``words``, which are patterns, mean them wherever they are, and other
    packages ``beside`` them do, by patterns of names.
    """

    packages: Words
    beside: Words = ()
    programs: Words = ()
    words: Words = ()
    needs: Words = ()
    paths: Words = ()


class PackageNames(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Packages of the system that matter in some way; ``keep`` are patterns of their files."""

    always: Words
    keep: Words
    single: Words
    building: Words
    scripts: Words
    running: Mapping[str, Words]
    whole: Mapping[str, str]
    optional: tuple[ProgramNeeds, ...] = ()


class Quiet(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Modules of a distribution whose words do not count."""

    distribution: str
    modules: Words
    libraries: Words
    wanted: Words = field(name="for")


class SystemEntry(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Files of the system that leave for one reason; ``caches`` are made again by their makers.

    With ``anywhere`` an import of its modules keeps them wherever it stands, also in a function.
    """

    reason: str
    paths: Words
    caches: bool = False
    keep: Words = ()
    programs: Words = ()
    modules: Words = ()
    anywhere: bool = False
    unless_named: str = ""
    not_counting: Words = ()
    quiet: tuple[Quiet, ...] = ()


class SystemFiles(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of a system no running application needs."""

    packages: PackageNames
    files: tuple[SystemEntry, ...]
    idle: tuple[SystemEntry, ...]
    installers: SystemEntry


class VulnerableFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of one vulnerability, by any of its ``names``: ``files`` are below site-packages."""

    names: tuple[str, ...]
    distribution: str
    files: tuple[str, ...]
    source: str
    date: dt.date


class VulnerableFiles(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The table."""

    files: tuple[VulnerableFile, ...]
