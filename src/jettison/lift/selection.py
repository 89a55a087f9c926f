"""Which of a project's declarations a command installs: main, extras, groups."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from msgspec import Struct
from packaging.utils import canonicalize_name

from jettison.project.commands import PipInstall, ProjectInstall
from jettison.project.declarations import Declaration, Kind
from jettison.project.toml.read import Table, read_toml, table, text_of, texts

MAIN = "main"
DEVELOPMENT = "dev"
FALSE = ("", "0", "false", "no", "off")
# Files that a project itself declares its requirements in.
DECLARING = ("pyproject.toml", "setup.cfg", "setup.py")
# What each tool is told to leave every group out, but for the ones asked for by name.
NO_GROUPS = ("--no-default-groups", "--prod", "--production")


class Selection(Struct, frozen=True, kw_only=True):
    """What a command takes; names are normalized.

    ``only`` leaves everything else out when it is not empty; ``defaults`` are the groups that come
    unasked, None for all; ``optional`` never come unasked.
    """

    extras: frozenset[str] = frozenset()
    all_extras: bool = False
    only: frozenset[str] = frozenset()
    included: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()
    defaults: frozenset[str] | None = frozenset()
    optional: frozenset[str] = frozenset()

    def takes(self, one: Declaration) -> bool:
        """Whether a declaration is installed."""
        group = canonicalize_name(one.group)
        if one.kind is Kind.MAIN:
            return not self.only or MAIN in self.only
        if one.kind is Kind.OPTIONAL:
            return not self.only and (self.all_extras or group in self.extras)
        if self.only:
            return group in self.only
        return group not in self.excluded and (group in self.included or self._unasked(group))

    def _unasked(self, group: str) -> bool:
        if self.defaults is None:
            return group not in self.optional
        return group in self.defaults


def selection_of(
    fact: ProjectInstall | PipInstall, text: str, environment: Mapping[str, str], *, file: str
) -> Selection:
    """Read what a command asks for, with the defaults that the project's file sets.

    ``text`` is the file that declares, ``environment`` the variables the command runs with. Raises
    InputSyntaxError with the line for bad TOML.
    """
    if isinstance(fact, PipInstall):
        return _of_pip(fact)
    options = fact.options
    tool = table(read_toml(text, file), "tool")
    defaults = _defaults(fact, tool)
    excluded = set(fact.without_groups)
    if options.has(*NO_GROUPS) or (fact.tool == "poetry" and fact.action == "export"):
        defaults = frozenset()
    if options.has("--no-dev") or environment.get("UV_NO_DEV", "").lower() not in FALSE:
        excluded.add(DEVELOPMENT)
    if options.has("--all-groups", "--all"):
        defaults = None
    return Selection(
        # pdm's -G names an extra or a group.
        extras=_names((*fact.extras, *(fact.with_groups if fact.tool == "pdm" else ()))),
        all_extras=fact.all_extras or options.has("--all"),
        only=_names(_only(fact)),
        included=_names(fact.with_groups) - _names(excluded),
        excluded=_names(excluded),
        defaults=defaults,
        optional=frozenset() if options.has("--all-groups") else _optional(tool),
    )


def _only(fact: ProjectInstall) -> Collection[str]:
    if fact.options.has("--only-dev", "--dev-only"):
        return (DEVELOPMENT,)
    return ("",) if fact.options.has("--only-root") else fact.only_groups


def _defaults(fact: ProjectInstall, tool: Table) -> frozenset[str] | None:
    if fact.tool == "uv":
        uv = table(tool, "uv")
        if text_of(uv, "default-groups") == "all":
            return None
        return _names(texts(uv, "default-groups") if "default-groups" in uv else (DEVELOPMENT,))
    if fact.tool == "pipenv":
        return frozenset({DEVELOPMENT}) if fact.development else frozenset()
    return None


def _optional(tool: Table) -> frozenset[str]:
    groups = table(tool, "poetry", "group")
    return _names(name for name in groups if table(groups, name).get("optional") is True)


def _of_pip(fact: PipInstall) -> Selection:
    """Pip installs groups beside what it is told to install, and nothing else unasked."""
    groups = _names(group.rpartition(":")[2] for group in fact.groups)
    words = (*(word.text for word in fact.requirements), *fact.editable)
    project = any(word.startswith((".", "/")) for word in words) or any(
        path.endswith(DECLARING) for path in fact.requirement_files
    )
    return Selection(
        extras=_extras_of_words(fact),
        included=groups if project else frozenset(),
        only=frozenset() if project else groups,
    )


def _extras_of_words(fact: PipInstall) -> frozenset[str]:
    words = (*(word.text for word in fact.requirements), *fact.editable)
    local = [word for word in words if word.startswith((".", "/"))]
    named = [word.partition("[")[2].rstrip("]").split(",") for word in local if "[" in word]
    options = [option.value or "" for option in fact.options.every("--extra")]
    return _names(name for names in (*named, options) for name in names if name.strip())


def _names(names: Iterable[str]) -> frozenset[str]:
    return frozenset(canonicalize_name(name.strip()) for name in names)
