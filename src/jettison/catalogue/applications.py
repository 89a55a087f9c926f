"""What applications and the tools around them do, as the tables of the catalogue tell of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from msgspec import Struct, field

Words = tuple[str, ...]
Lists = Mapping[str, Words]
Texts = Mapping[str, str]


class Entry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A part of a table; where and when it was read."""

    source: str = ""
    date: dt.date | None = None


class Modules(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Names of modules, and of folders of modules."""

    modules: Words = ()
    folders: Words = ()


class Names(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Names of one kind."""

    names: Words


class Programs(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Names of programs, and what else is known by the same."""

    programs: Words = ()
    modules: Words = ()
    packages: Words = ()
    distributions: Words = ()
    endings: Words = ()
    files: Words = ()


class ProgramCalls(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Functions that start programs, by how they are given which."""

    list: Words
    shell: Words
    words: Words
    spawn: Words
    search: Words


class LibraryCalls(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Functions that load shared libraries."""

    load: Words
    find: Words


class Zones(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Functions that ask for time zones, and for locales."""

    names: Words
    locales: Words


class Writes(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Functions and methods that write files."""

    opened: Words
    files: Words
    logs: Words
    folders: Words
    targets: Words
    downloads: Words
    download_keywords: Words
    methods: Words
    records: Words
    savers: Words


class Variables(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Functions that read variables of the environment."""

    functions: Words
    methods: Words
    casts: Words


class TextUses(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Roles in which, and endings with which, a text may name something; runners of commands."""

    roles: Words
    runners: Words
    endings: Words


class FileTypeReaders(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What tells types of files by their names.

    What requires one of the ``frameworks`` may serve files with it, unless it is ``silent``.
    """

    modules: Words
    distributions: Words
    frameworks: Words
    silent: Words


class Calls(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Functions of which calls are looked at."""

    programs: ProgramCalls
    libraries: LibraryCalls
    zones: Zones
    zone_readers: Programs
    file_type_readers: FileTypeReaders
    writes: Writes
    pickles: Names
    loaders: Names
    other: Names
    environment: Variables
    texts: TextUses


class Prefix(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A program that starts another: its options with values, and words in front of that one."""

    values: Words = ()
    operands: int = 0


class Commands(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How command lines are read."""

    prefixes: Mapping[str, Prefix]
    runners: Lists
    leftovers: Words
    fetching: Words
    silent: Words
    values: Lists


class Development(Modules, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Names by which modules for development are called."""

    inner: Words
    root_modules: Words
    settings_folders: Words
    settings_modules: Words


class Conventions(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Names that modules and folders have by convention."""

    django: Modules
    tests: Modules
    development: Development
    settings: Words


class DevelopmentTools(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Distributions that nobody installs for production."""

    patterns: Words
    excepted: Words = field(name="except")
    runners: Words
    groups: Lists
    hosts: Texts


class Family(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Schemes of addresses, and the distributions that a scheme may mean without being named."""

    schemes: Words
    implicit: Words


class Drivers(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Drivers of databases and services, by what leads to them."""

    families: Mapping[str, Family]
    dialects: Lists
    modules: Texts
    variables: Lists


class Implied(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Files that a launcher loads without being told: always, by a variable, or else."""

    always: Words = ()
    variables: Words = ()
    default: Words = ()


class Server(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a distribution serves what one of ``makers`` returns: ``words`` follow ``-m``."""

    distribution: str
    makers: Words
    words: Words


class Launchers(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Programs that start applications."""

    runners: Words
    launchers: Words
    prefixes: Mapping[str, Prefix]
    valued: Words
    implied: Mapping[str, Implied]
    workers: Words
    reloading: Words
    watchers: Words
    servers: tuple[Server, ...]


class Bounded(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Modules out of whose lists alone a module imports by computed names."""

    names: Words


class OnDemand(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Attributes of a package that are imported on request."""

    names: Words
    not_counting: Words
    silent: Words


class Parts(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parts of a package that need one of some distributions."""

    needs: Lists


class Loaders(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How modules are loaded by other means than import statements."""

    modules: Words
    starters: Words
    for_people: Words
    repositories: Words
    resources: Words
    resource_modules: Words
    groups: Words
    read_by_others: Texts
    bounded: Mapping[str, Bounded]
    on_demand: Mapping[str, OnDemand]
    parts: Mapping[str, Parts]


class LibraryModules(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Modules of the standard library that matter in some way."""

    always: Words
    by_chance: Words
    at_a_terminal: Words
    running_pip: Words
    to_test_itself: Words
    instead_of: Texts
    here: Texts
