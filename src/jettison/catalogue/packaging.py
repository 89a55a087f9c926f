"""What is known of packaging and its tools, and of system packages and their names."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from msgspec import field

from jettison.catalogue import table
from jettison.catalogue.applications import Entry, Lists, Programs, Texts, Words
from jettison.catalogue.base_release import ALPINE, RELEASES, facts_of
from jettison.catalogue.bases import SystemPackages
from jettison.values import Basis, Size


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
    building: Words
    uwsgi: Words
    made: Words


class Remark(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Words of a comment, and the pattern that they are in."""

    pattern: str
    words: Words


class Remarks(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What comments and names say of requirements."""

    development: Remark
    topic: Remark
    aim: Remark
    kind: Remark
    leave: Remark
    keep: Remark
    purpose: Remark
    generated: Remark
    stay: Remark
    negation: Remark
    production: Remark
    deployment: Remark
    name: Remark


class RequirementFiles(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Names of files of requirements."""

    main: Words
    development: Words
    extras: Words


class Uv(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The release of uv that is used, its bytes, and the oldest Python that it installs for."""

    version: str
    bytes: int
    oldest_python: tuple[int, ...]


class ContainerClients(Programs, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What speaks to a container engine."""

    word: str
    sockets: Words


class WritesHome(Programs, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Programs that may leave files in the home folder, and what Python runs that leaves none."""

    tools: Words
    options: Mapping[str, str]


class OfTheHost(Programs, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Folders of a host, what everybody may read of them, and what opens its devices.

    Those are modules, and words of the application's own source.
    """

    folders: Words
    readable: Words
    words: Words


class Pip(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options, files and variables of pip, and what uv calls those of an index.

    ``seeds`` are what an environment of an old Python is given first, by version.
    """

    valued: Words
    flags: Words
    without_effect: Words
    files: Words
    of_pip_alone: Words
    configuration: Words
    steering: Words
    anywhere: Words
    seeds: Lists = field(default_factory=dict)
    indexes: Texts = field(default_factory=dict)
    indexes_of_uv: Texts = field(default_factory=dict)


class Tools(Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Programs and what they need."""

    uv: Uv
    with_pip: Mapping[str, int]
    setuptools: Texts
    container_clients: ContainerClients
    alternatives: Lists
    callers: Lists
    any_program: Words
    renderers: Programs
    pip: Pip
    writes_home: WritesHome
    settings_readers: Programs
    needs_root: Programs
    of_the_host: OfTheHost
    programs_only: Programs
    debugging: Programs
    ends_on_sigterm: Programs


def runtime_libraries_of(dev_package: str, release: str) -> tuple[str, ...] | None:
    """Return the runtime packages behind a -dev package: ``libpq-dev`` -> ``libpq5``.

    Empty when nothing is needed at run time (headers only).
    """
    if release == ALPINE:
        return _alpine_libraries(dev_package)
    facts = facts_of(release)
    return None if facts is None else facts.development.get(dev_package)


def package_of_program(program: str, release: str) -> str | None:
    """Return the package to install for a command; ``""`` when every image of ``release`` has it.

    ``program`` is a name or a path, whose last part counts.
    """
    name = program.rpartition("/")[2]
    if release == ALPINE:
        return _alpine_program(name)
    facts = facts_of(release)
    if facts is None:  # what every image of one release has, those of another have as well
        package = package_of_program(name, RELEASES[-1])
        return "" if package in slim_packages(RELEASES[-1]) else None
    return facts.programs.get(name)


def package_of_library(library: str, release: str) -> str | None:
    """Return the package that ships a shared library.

    ``library`` is a file name (``libmagic.so.1``) or what ``ctypes.util.find_library`` takes
    (``magic``); its version may be left out (``MagickWand``, of ``libMagickWand-7.Q16.so.10``).
    """
    facts = facts_of(RELEASES[0] if release == ALPINE else release)
    if facts is None:
        return None
    package = facts.libraries.get(library)
    if package is None and ".so" not in library:
        stems = {name: name.partition(".so")[0] for name in sorted(facts.libraries)}
        exact = [name for name, stem in stems.items() if stem == f"lib{library}"]
        versioned = [name for name, stem in stems.items() if stem.startswith(f"lib{library}-")]
        package = next((facts.libraries[name] for name in (*exact, *versioned)), None)
    if package is None and (name := library.removesuffix(".so")) in facts.packages:
        package = name  # a library without a version is named as its package is
    return translated(package, release) if package and release == ALPINE else package


def programs_in(package: str, release: str) -> tuple[str, ...]:
    """Return the catalogued commands for which ``package`` is installed, ordered by name."""
    facts = facts_of(release)
    return (
        tuple(name for name, owner in facts.programs.items() if owner == package) if facts else ()
    )


def libraries_in(package: str, release: str) -> tuple[str, ...]:
    """Return the catalogued shared libraries that ``package`` ships, ordered by name."""
    facts = facts_of(release)
    return (
        tuple(name for name, owner in facts.libraries.items() if owner == package) if facts else ()
    )


def recommended_with(package: str, release: str) -> frozenset[str]:
    """Return what a package recommends: what is there in all but unusual installations."""
    facts = facts_of(release)
    known = facts.packages.get(package) if facts else None
    return frozenset(name for names in (known.recommends if known else ()) for name in names)


HEADERS = "build-time headers of a library"


def is_build_package(name: str) -> str | None:
    """Say why a package only serves to build or set up an image, None when it may serve later."""
    reason: str | None = table(SystemPackages).build.get(name)
    if reason is None and name.endswith("-dev"):
        reason = HEADERS
    return reason


def slim_packages(release: str) -> frozenset[str]:
    """Return the packages that the official slim Python image of a Debian release has."""
    facts = facts_of(release)
    return facts.base if facts else frozenset()


def full_packages(release: str) -> frozenset[str]:
    """Return the packages that the official full Python image of a Debian release has."""
    facts = facts_of(release)
    return facts.base | facts.full if facts else frozenset()


def cost_of(
    names: Iterable[str],
    release: str,
    already: Collection[str] | None = None,
    *,
    recommends: bool = False,
) -> Size | None:
    """Return what installing ``names`` together adds to a slim image, with dependencies.

    Files of packages that were looked into, a share of Installed-Size of others.
    ``already`` are the packages that are there, by default those of the slim Python image.
    None when the catalogue knows none of ``names``, or nothing about ``release``.
    """
    wanted = tuple(names)
    facts = facts_of(release)
    if facts is None or not any(name in facts.packages for name in wanted):
        return None
    packages = facts.closure(wanted, already, recommends=recommends)
    total = sum(package.bytes(documented=False) for package in packages)
    return Size(bytes=total, basis=Basis.CATALOGUED, source=facts.source)


def brought_by(name: str, release: str) -> tuple[str, ...]:
    """Return what installing a package adds to a slim image beside itself, ordered by name."""
    facts = facts_of(release)
    closure = facts.closure([name]) if facts else ()
    return tuple(package.name for package in closure if package.name != name)


def translated(name: str, release: str) -> str | None:
    """Return what ``release`` calls a package that another release or Alpine calls ``name``.

    ``""`` when Alpine's base already serves.
    """
    if release == ALPINE:
        to_alpine = table(SystemPackages).alpine
        found = to_alpine.get(name)
        return to_alpine.get(name.removesuffix("t64")) if found is None else found
    facts = facts_of(release)
    if facts is None:
        return None
    candidates = (name, f"{name}t64", name.removesuffix("t64"), *_debian_names(name))
    return next((each for each in candidates if each in facts.packages), None)


def _debian_names(alpine_name: str) -> tuple[str, ...]:
    """Return Debian's names for an Alpine package: those with ``t64`` added as well."""
    known = table(SystemPackages).alpine.items()
    plain = [debian for debian, alpine in known if alpine and alpine == alpine_name]
    return tuple(form for name in plain for form in (name, f"{name}t64"))


def _alpine_libraries(dev_package: str) -> tuple[str, ...] | None:
    """The libraries by Alpine's names; None where that of one of them is not known."""
    dev_package = table(SystemPackages).alpine_headers.get(dev_package, dev_package)
    newest = facts_of(RELEASES[0])
    for debian in (dev_package, *_debian_names(dev_package)):
        libraries = newest.development.get(debian) if newest else None
        if libraries is not None:
            names = {translated(library, ALPINE) for library in libraries}
            return None if None in names else tuple(sorted(filter(None, names)))
    return None


def _alpine_program(name: str) -> str | None:
    special = table(SystemPackages).alpine_programs
    if name in special.busybox:
        return ""
    if name in special.packages:
        return special.packages[name]
    debian = package_of_program(name, RELEASES[0])
    if debian in special.gnu:
        # busybox has the usual ones of these; the others come with a package of the same name.
        return debian
    return translated(debian, ALPINE) or None if debian else None
