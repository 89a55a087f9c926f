"""What is known of packaging and its tools, as the tables of the catalogue tell of it."""

from __future__ import annotations

from msgspec import field

from jettison.catalogue.applications import Entry, Lists, Programs, Texts, Words


class IgnoreEntry(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line for an ignore file, and why."""

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


class Need(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Distributions that another one needs for some names, schemes or variables."""

    distributions: Words
    host: str
    names: Words = ()
    schemes: Words = ()
    variables: Words = ()


class Needs(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole table."""

    need: tuple[Need, ...]


class ProjectFiles(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Files of a project that tell how it is run and developed."""

    development: Words
    development_words: Words
    production_targets: Words
    production: Words
    keys: Words
    uwsgi: Words


class Remark(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Words of a comment, and the pattern that they are in."""

    pattern: str
    words: Words


class Remarks(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What comments and names say of requirements."""

    development: Remark
    leave: Remark
    keep: Remark
    purpose: Remark
    generated: Remark
    stay: Remark
    negation: Remark
    production: Remark
    name: Remark


class RequirementFiles(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Names of files of requirements."""

    main: Words
    development: Words


class ImportNames(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """By which names distributions are imported that are not called so."""

    import_names: Lists


class Uv(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The release of uv that is used, and the oldest Python that it installs for."""

    version: str
    oldest_python: tuple[int, ...]


class ContainerClients(Programs, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What speaks to a container engine."""

    word: str
    sockets: Words


class Pip(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options, files and variables of pip, and what uv calls those of an index."""

    valued: Words
    flags: Words
    without_effect: Words
    files: Words
    configuration: Words
    steering: Words
    indexes: Texts = field(default_factory=dict)
    indexes_of_uv: Texts = field(default_factory=dict)


class Tools(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Programs and what they need."""

    uv: Uv
    setuptools: Texts
    container_clients: ContainerClients
    alternatives: Lists
    callers: Lists
    any_program: Words
    renderers: Programs
    pip: Pip
    writes_home: Programs
    settings_readers: Programs
    needs_root: Programs
    programs_only: Programs
    debugging: Programs
    ends_on_sigterm: Programs
