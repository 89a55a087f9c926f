"""What no running application needs: dead weight of wheels, and files of a build context."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from msgspec import Struct, field

from jettison.catalogue.applications import Entry, Words

# Distributions, each with the reason why it matters.
Reasons = Mapping[str, str]


class Served(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Beginnings of paths that leave where none of the distributions that serve them is there."""

    prefixes: Words
    servers: Words


class FileKind(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Files that are known by names and folders: one rule.

    ``what`` they are of a distribution, and ``finding`` what leaves, in words. A file is meant by
    one of its ``suffixes`` or ``prefixes`` (of its path), or by the outermost of its ``folders``
    (patterns of names; with ``top`` also the first of a path). A folder below one of ``inside``
    does not count, with ``signs`` only one in which a file has such a name. A folder with modules
    counts only where its name is among ``code`` and nothing imports it. ``stays`` are patterns of
    paths, in small letters, that are not meant. All that lies in the folders, and in those of
    ``whole``, may be taken out as one.

    With one of ``readers`` installed nothing leaves, and of those in ``keep``, and of those that
    require one of ``asked``, nothing of theirs.
    """

    rule: str
    documentation: str
    what: str
    finding: str
    suffixes: Words = ()
    prefixes: Words = ()
    folders: Words = ()
    top: bool = False
    inside: Words = ()
    signs: Words = ()
    code: Words = ("*",)
    whole: Words = ()
    stays: Words = ()
    served: tuple[Served, ...] = ()
    readers: Reasons = field(default_factory=dict)
    keep: Reasons = field(default_factory=dict)
    asked: Reasons = field(default_factory=dict)


class Duplicates(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Equal files: from how many bytes on they matter, and the ends of those that stay apart."""

    floor: int
    apart: Words

    def can_share(self, path: str, size: int) -> bool:
        """Whether a file can be a second name of an equal one, by its own name and its bytes."""
        name = path.rpartition("/")[2]
        return size >= self.floor and ".so" not in name and not name.endswith(self.apart)


class Known(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of a distribution, where it was read, and when.

    ``words`` are the names in a project's source that lead to what the entry tells of.
    """

    distribution: str
    source: str
    date: dt.date
    words: Words = ()


class Language(Known, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A framework that speaks the language of a setting until a word chooses another."""

    setting: str
    default: str
    users: Words
    chooses: str


class Locales(Known, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Data of locales, which functions load by name."""

    data: str
    line: str
    of: str = ""
    calls: Mapping[str, int] = field(default_factory=dict)
    related: Mapping[str, Words] = field(default_factory=dict)
    users: Words = ()
    choosing: Words = ()
    keyword: str = "locale"
    named: Words = ()
    always: Words = ()
    default: bool = True


class Seed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an installer that comes with a new environment holds, and what that weighs."""

    paths: Words
    bytes: int


class Program(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """LargePrograms of a distribution that none of its modules starts."""

    programs: Words
    reason: str
    source: str
    date: dt.date


class LargePrograms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From how many bytes on a program matters, and those that are known, by distribution."""

    large: int
    known: Mapping[str, Program]


class Part(Known, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a distribution; one of ``used_by`` needs it, ``not_counting`` do not."""

    paths: Words
    reason: str
    used_by: Words = ()
    not_counting: Words = ()


class Optional(Part, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part for which a distribution requires others that nothing else in it asks for."""

    parts: Words
    requires: Words


class ServiceData(Known, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Descriptions of services, which methods load by name."""

    folders: Words
    methods: Words
    mention: str
    always: Words
    users: Mapping[str, Words]


class Datum(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of the data of a collection."""

    bytes: int
    words: Words


class Collection(Known, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Data that a command downloads together."""

    form: str
    instead: str
    bytes: Mapping[str, int]
    data: Mapping[str, Datum]


class Variant(Known, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A smaller distribution that would do instead of one."""

    instead: str
    drops: Words
    reason: str


class DeadWeight(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole table."""

    kinds: tuple[FileKind, ...]
    duplicates: Duplicates
    languages: tuple[Language, ...]
    locales: tuple[Locales, ...]
    seeds: Mapping[str, Seed]
    importers: Reasons
    binaries: LargePrograms
    optional: tuple[Optional, ...]
    parts: tuple[Part, ...]
    services: tuple[ServiceData, ...]
    collections: tuple[Collection, ...]
    variants: tuple[Variant, ...]


class IgnoreEntry(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line for an ignore file, and why.

    ``certain`` says that no running application needs what it matches; ``guard`` that the pattern
    is worth having before there is anything to match, ``sample`` being a path that it would.
    """

    pattern: str
    reason: str
    guard: bool = False
    sample: str = ""
    certain: bool = True


class IgnoreCategory(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Lines of one kind."""

    name: str
    entries: tuple[IgnoreEntry, ...]


class LocalEnvironment(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a virtual environment stays out of a build context."""

    category: str
    reason: str


class Ignore(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What no build context needs."""

    environment: LocalEnvironment
    categories: tuple[IgnoreCategory, ...]
