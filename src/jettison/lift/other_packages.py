"""Packages that are neither programs nor headers: what the base has, locales, zones, fonts."""

from __future__ import annotations

from jettison.catalogue import table
from jettison.catalogue.bases import ComposedBase
from jettison.catalogue.packaging import Tools, libraries_in, slim_packages, translated
from jettison.lift.action import ActionKind
from jettison.lift.scopes import PackageScope
from jettison.lift.stage import FinalStage
from jettison.lift.stages import origin_of_variable
from jettison.lift.usage import Usage
from jettison.values import Evidence

PLAIN_LOCALES = ("", "C", "POSIX", "C.UTF-8", "C.utf8")
LOCALE_VARIABLES = ("LC_ALL", "LANG", "LC_COLLATE", "LC_TIME", "LC_CTYPE")
LOCALE_PROGRAMS = frozenset({"locale-gen", "localedef", "update-locale", "dpkg-reconfigure"})
FONTS = ("fonts-", "fontconfig", "xfonts-", "ttf-")
Judgement = tuple[PackageScope, tuple[Evidence, ...]]


def judged_other(stage: FinalStage, name: str, release: str, usage: Usage) -> Judgement:
    """Judge a package by what it is for; one of which nothing is known stays."""
    if name == "tzdata":
        return PackageScope.RUNTIME, time_zones(stage, usage)
    if name == "locales":
        return _locales(stage, usage)
    if (translated(name, release) or name) in slim_packages(release):
        message = f"{name} is part of the base image: installing it adds nothing"
        return PackageScope.RUNTIME, (Evidence.of("base", message),)
    if name.startswith(FONTS):
        return PackageScope.RUNTIME, (_fonts(name, usage),)
    libraries = _loaded_by(libraries_in(translated(name, release) or name, release))
    message = f"kept: nothing shows that {name} is not needed"
    if libraries:
        loaded = ", ".join(libraries[:3])
        message = f"kept: nothing that was read loads {loaded}, but a wheel may"
    return PackageScope.RUNTIME, (Evidence.of("unknown", message),)


def named_locales(stage: FinalStage, usage: Usage) -> tuple[Evidence, ...]:
    """Locales beyond the C library's own that the source or the environment names."""
    found = [use for use in usage.locales if _locale_of(use) not in PLAIN_LOCALES]
    for variable in LOCALE_VARIABLES:
        value = stage.environment.get(variable, "")
        if value not in PLAIN_LOCALES:
            message = f"{variable} is {value}"
            origin = origin_of_variable(stage, variable)
            found.append(Evidence.of("locale", message, origin))
    return tuple(found)


def time_zones(stage: FinalStage, usage: Usage) -> tuple[Evidence, ...]:
    """Why the time zones have to be there."""
    zone = stage.environment.get("TZ")
    if zone:
        origin = origin_of_variable(stage, "TZ")
        return (Evidence.of("time-zone", f"TZ is {zone}", origin),)
    if usage.zones:
        return usage.zones
    return (Evidence.of("unknown", "kept: time zones are named at run time"),)


def zone_groups(stage: FinalStage, usage: Usage) -> frozenset[str]:
    """The groups of a composed base's files of which the environment or the source names a zone."""
    named = [stage.environment.get("TZ", "")]
    named += [use.message.partition("'")[2] for use in usage.zones]
    return frozenset(
        group.name
        for group in table(ComposedBase).leave_out
        if group.zones and any(zone.startswith(group.zones) for zone in named)
    )


def _loaded_by(files: tuple[str, ...]) -> list[str]:
    """The names that programs are linked to: ``libpq.so.5``, not ``libpq.so.5.17`` behind it."""
    return [name for name in files if not any(name.startswith(f"{other}.") for other in files)]


def _locale_of(use: Evidence) -> str:
    return use.message.partition("'")[2].rpartition("'")[0]


def _locales(stage: FinalStage, usage: Usage) -> Judgement:
    """The package holds sources: without a step that compiles them there is no locale of it."""
    compiled = [
        Evidence.of("step", f"a step runs {action.command.name}", action.origin)
        for action in stage.of_kind(ActionKind.OTHER)
        if LOCALE_PROGRAMS & {word.rpartition("/")[2] for word in action.command.words}
    ]
    named = named_locales(stage, usage)
    if compiled or not stage.understands_all:
        kept = Evidence.of("unknown", "kept: locales are named at run time")
        return PackageScope.RUNTIME, (*named, *compiled) or (kept,)
    message = "no step compiles a locale, and C.UTF-8 is part of the C library"
    return PackageScope.UNNEEDED, (Evidence.of("locale", message),)


def _fonts(name: str, usage: Usage) -> Evidence:
    renderers = table(Tools).renderers
    for module in renderers.modules:
        uses = usage.imports.get(module, ())
        if uses:
            return Evidence.of("font", f"{module} draws text with fonts", uses[0].origin)
    for program in renderers.programs:
        uses = usage.programs.get(program, ())
        if uses:
            message = f"{program} draws text with fonts: {uses[0].message}"
            return Evidence.of("font", message, uses[0].origin)
    message = f"kept: nothing that draws text was found, but {name} may be requested by name"
    return Evidence.of("unknown", message)
