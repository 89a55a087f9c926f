"""What single commands do, as types. A command that a recogniser does not know gives None."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from msgspec import Struct

from jettison.catalogue import table
from jettison.catalogue.applications import Commands
from jettison.ecosystems.commands.files import (
    Directories,
    GroupChange,
    Permission,
    UserChange,
    apt_sources,
    directories,
    expand_braces,
    group_change,
    is_everywhere,
    is_of_sources,
    permission,
    removal,
    settings_of_sources,
    user_change,
    written_paths,
)
from jettison.ecosystems.commands.invocation import Invocation, invocation
from jettison.ecosystems.commands.python import (
    WHEEL,
    PipInstall,
    ProjectInstall,
    VirtualEnvironment,
    bytecode_removals,
    compile_bytecode,
    management,
    pip_install,
    project_install,
    tool_setting,
    virtual_environment,
)
from jettison.formats.shell import Command, Word
from jettison.values import Origin

_APK_VERSION = re.compile(r"(?P<name>[^=<>~@]+)(?P<version>[=<>~]+.*)?(?:@.*)?")


class PackageRequest(Struct, frozen=True, kw_only=True):
    """A system package as asked for: ``version`` is a pin such as ``1.2*``, ``word`` the source.

    ``name`` is a variable or a path when the word is one; ``literal`` tells.
    """

    name: str
    literal: bool
    word: Word
    origin: Origin


class PackageInstall(Struct, frozen=True, kw_only=True):
    """An installation of system packages; ``virtual`` is apk's name for a group of them."""

    manager: str
    packages: tuple[PackageRequest, ...]
    recommends: bool = True
    virtual: str | None = None
    origin: Origin


class PackageRemoval(Struct, frozen=True, kw_only=True):
    """A removal of system packages; ``automatic`` takes those along that nothing needs."""

    packages: tuple[PackageRequest, ...]


class Cleanup(Struct, frozen=True, kw_only=True):
    """A removal of what package managers leave behind: by a program or by path."""


def system_install(command: Command) -> PackageInstall | None:
    """Return the installation that a command of any known package manager is."""
    return apt_install(command) or apk_add(command) or dnf_install(command)


def apt_install(command: Command) -> PackageInstall | None:
    """Return what ``apt-get install`` installs: ``a``, ``a=1.2``, ``a:amd64``, ``a/bookworm``."""
    run = _run(command, "apt-get", "install", "reinstall", "build-dep")
    if run is None:
        return None
    options = run.options
    recommends = not options.has("--no-install-recommends") and not any(
        re.fullmatch(r"APT::Install-Recommends=(?:false|0|no)", option.value or "", re.IGNORECASE)
        for option in options.every("-o", "--option")
    )
    packages = tuple(_apt_request(word) for word in options.arguments[1:])
    return PackageInstall(
        manager="apt", packages=packages, recommends=recommends, origin=run.origin
    )


def apk_add(command: Command) -> PackageInstall | None:
    """Return what ``apk add`` installs."""
    run = _run(command, "apk", "add")
    if run is None:
        return None
    packages = tuple(_apk_request(word) for word in run.options.arguments[1:])
    virtual = run.options.value("-t", "--virtual")
    return PackageInstall(manager="apk", packages=packages, virtual=virtual, origin=run.origin)


def dnf_install(command: Command) -> PackageInstall | None:
    """Return what ``dnf``, ``yum`` or ``microdnf`` install."""
    run = _run(command, "dnf", "install", "groupinstall")
    if run is None:
        return None
    weak = run.options.every("--setopt")
    recommends = not any("install_weak_deps" in (option.value or "") for option in weak)
    packages = tuple(_request(word, word.text) for word in run.options.arguments[1:])
    return PackageInstall(
        manager="dnf", packages=packages, recommends=recommends, origin=run.origin
    )


def system_remove(command: Command) -> PackageRemoval | None:
    """Return the removal that a command of any known package manager is."""
    actions = ("remove", "purge", "autoremove", "autopurge", "auto-remove")
    return (
        _removal(_run(command, "apt-get", *actions), _apt_request)
        or _removal(_run(command, "apk", "del"), _apk_request)
        or _removal(_run(command, "dnf", "remove", "erase", "autoremove"), _apt_request)
    )


def index_update(command: Command) -> str | None:
    """Return the package manager whose index a command updates: ``apt`` or ``apk``."""
    if _run(command, "apt-get", "update"):
        return "apt"
    if _run(command, "apk", "update"):
        return "apk"
    return "dnf" if _run(command, "dnf", "makecache", "check-update") else None


def system_upgrade(command: Command) -> str | None:
    """Return the package manager that upgrades what is installed."""
    if _run(command, "apt-get", "upgrade", "dist-upgrade", "full-upgrade"):
        return "apt"
    if _run(command, "apk", "upgrade"):
        return "apk"
    return "dnf" if _run(command, "dnf", "upgrade", "update", "upgrade-minimal") else None


def cleanup(command: Command) -> Cleanup | None:
    """Return the removal of package indexes and caches that a command is."""
    if _run(command, "apt-get", "clean", "autoclean", "distclean") or _run(command, "dnf", "clean"):
        return Cleanup()
    if any(_run(command, program, "cache") for program in ("apk", "pip", "uv")):
        return Cleanup()
    run = invocation(command)
    if run is None or run.program != "rm":
        return None
    paths = tuple(word.text for word in run.options.arguments)
    places = tuple(table(Commands).leftovers)
    known = bool(paths) and all(path.startswith(places) for path in paths)
    return Cleanup() if known else None


def _run(command: Command, program: str, *actions: str) -> Invocation | None:
    run = invocation(command)
    return run if run is not None and run.is_a(program, *actions) else None


def _removal(
    run: Invocation | None, read: Callable[[Word], PackageRequest]
) -> PackageRemoval | None:
    if run is None:
        return None
    return PackageRemoval(packages=tuple(map(read, run.options.arguments[1:])))


def _apt_request(word: Word) -> PackageRequest:
    if not word.literal or word.text.startswith(("/", ".")):
        return _request(word, word.text)
    name = word.text.partition("=")[0]
    return _request(word, name.partition("/")[0].partition(":")[0])


def _apk_request(word: Word) -> PackageRequest:
    match = _APK_VERSION.fullmatch(word.text)
    if match is None or not word.literal:
        return _request(word, word.text)
    return _request(word, match["name"])


def _request(word: Word, name: str) -> PackageRequest:
    return PackageRequest(name=name, literal=word.literal, word=word, origin=word.origin)
