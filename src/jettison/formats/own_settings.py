"""Jettison's settings: ``jettison.toml`` and ``[tool.jettison]``; unknown keys are errors."""

from __future__ import annotations

import difflib
import posixpath
import shlex
from collections.abc import Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from msgspec import Struct, field

from jettison.errors import InputSyntaxError
from jettison.formats.budgets import Budget, Budgets, Limit, limit_of
from jettison.formats.toml import Path, Table, origin_in, places, read_toml, table
from jettison.values import Origin, Skipped, replace


class Policy(StrEnum):
    """How the base is chosen.

    ``compatible`` takes the smallest image that works of the same distribution and C library;
    ``smallest`` that of any, with glibc before musl at a similar size; ``keep`` changes nothing.
    """

    COMPATIBLE = "compatible"
    SMALLEST = "smallest"
    KEEP = "keep"


# musl resolves names, allocates memory and formats dates differently: no comparison shows it all.
DEFAULT_POLICY = Policy.COMPATIBLE


class BaseOverride(Struct, frozen=True, kw_only=True):
    """What the user asks of the base.

    ``reference`` names an image, or one of the variants of the present one (``slim``, ``full``,
    ``alpine``); empty leaves the choice to the policy. ``allow_source_builds`` accepts a base on
    which distributions are compiled because no wheel fits. ``debug`` asks for a target with a
    shell.
    """

    policy: Policy = DEFAULT_POLICY
    reference: str = ""
    allow_source_builds: bool = False
    debug: bool = False


class Ask(StrEnum):
    """What a line asks for."""

    KEEP = "keep"
    REMOVE = "remove"


class Override(Struct, frozen=True, kw_only=True):
    """One line of ``keep`` or ``remove``: a distribution, a module, or a path with ``*``.

    ``why`` is given for an override that is not the user's: what was found at ``origin``.
    """

    ask: Ask
    text: str
    origin: Origin
    why: str = ""

    @property
    def shown(self) -> str:
        """The override as it can be written."""
        return f'{self.ask.value} = "{self.text}"'


class Line(Struct, frozen=True, kw_only=True):
    """One value of the file that is no override: its key, the value as TOML, and what it is.

    ``value`` is the text of an element of a list, and of anything else the value as it was read.
    """

    key: str
    value: str | int | bool
    origin: Origin

    @property
    def shown(self) -> str:
        """The line as it can be written."""
        written = f'"{self.value}"' if isinstance(self.value, str) else str(self.value).lower()
        return f"{self.key} = {written}"


class Settings(Struct, frozen=True, kw_only=True):
    """The table ``[tool.jettison]`` of ``pyproject.toml``, or the file ``jettison.toml``.

    ``level`` and ``base`` are None where the file says nothing. ``without`` names rules that are
    not applied, ``probes`` files with requests, relative to the project. ``remove_unused`` moves
    requirements without a use out of production. ``image_budgets`` are by the name of a service or
    the path of a Dockerfile, ``lines`` all values but the overrides, ``missing`` the probes without
    a file. The command line tells the ``environment`` and ``volumes`` of what is run.
    """

    file: str = ""
    level: int | None = None
    base: BaseOverride | None = None
    overrides: tuple[Override, ...] = ()
    without: frozenset[str] = frozenset()
    remove_unused: bool = False
    probes: tuple[str, ...] = ()
    probe_commands: tuple[tuple[str, ...], ...] = ()
    budgets: Budgets = field(default_factory=lambda: MappingProxyType({}))
    image_budgets: Mapping[str, Budgets] = field(default_factory=lambda: MappingProxyType({}))
    lines: tuple[Line, ...] = ()
    missing: frozenset[str] = frozenset()
    environment: Mapping[str, str] = field(default_factory=dict)
    volumes: tuple[str, ...] = ()

    def budgets_of(self, *names: str | None) -> Budgets:
        """Give the budgets of an image; its own come before those of all images."""
        own = (self.image_budgets.get(name or "", {}) for name in names)
        return {**self.budgets, **{key: limit for each in own for key, limit in each.items()}}


OWN_FILE = "jettison.toml"
SHARED_FILE = "pyproject.toml"
SHARED_TABLE = ("tool", "jettison")
HIGHEST_LEVEL = 3
_MOST = 10_000
KEYS = (
    *("level", "base", "policy", "allow-source-builds", "keep", "remove", "remove-unused"),
    *("without", "probes", "probe-commands", "budgets"),
)


def find_settings(texts: Mapping[str, str], folders: tuple[str, ...], rules: set[str]) -> Settings:
    """Read the settings of a project; ``folders`` are searched in order, ``rules`` are all names.

    Raises InputSyntaxError for a file that is not valid, an unknown key or a wrong value, and when
    two files have settings.
    """
    found = [
        settings
        for folder in dict.fromkeys(folders)
        for name in (OWN_FILE, SHARED_FILE)
        if (settings := _read(texts, posixpath.join(folder, name), rules)) is not None
    ]
    if len(found) > 1:
        raise InputSyntaxError(
            f"there are settings in {found[0].file} and in {found[1].file}",
            hint="Keep one of them.",
            origin=Origin(file=found[1].file),
        )
    return found[0] if found else Settings()


def _read(texts: Mapping[str, str], path: str, rules: set[str]) -> Settings | None:
    text = texts.get(path)
    if text is None:
        return None
    values = settings_table(text, path)
    if not values:
        return None
    above: tuple[str, ...] = () if path.endswith(OWN_FILE) else SHARED_TABLE
    return _Reader(file=path, text=text, above=above, values=values, rules=rules).settings()


def settings_table(text: str, path: str) -> Table:
    """Return the table of the settings in a file.

    Raises InputSyntaxError for a file that is not valid, but not for a shared one that names
    Jettison nowhere.
    """
    if path.endswith(OWN_FILE):
        return read_toml(text, path)
    try:
        return table(read_toml(text, path), *SHARED_TABLE)
    except InputSyntaxError:
        if SHARED_TABLE[-1] in text:
            raise
        return {}


def without_settings(texts: Mapping[str, str], folders: tuple[str, ...]) -> Iterator[Skipped]:
    """Tell of shared files that are passed over; what installs from one of them refuses it."""
    for path in dict.fromkeys(posixpath.join(folder, SHARED_FILE) for folder in folders):
        try:
            read_toml(texts.get(path, ""), path)
        except InputSyntaxError as error:
            reason = f"it is not valid TOML: {error.why or error.what}"
            yield Skipped(what=path, reason=reason, origin=error.origin)


class _Reader(Struct, frozen=True, kw_only=True):
    file: str
    text: str
    above: Path
    values: Mapping[str, Any]
    rules: set[str]

    def settings(self) -> Settings:
        self.known(self.values, KEYS, ())
        return Settings(
            file=self.file,
            level=self.level(),
            base=self.base(),
            overrides=(*self.overrides(Ask.KEEP), *self.overrides(Ask.REMOVE)),
            without=frozenset(self.rule_names()),
            remove_unused=self.typed("remove-unused", bool, default=False),
            probes=tuple(text for text, _ in self.list("probes")),
            probe_commands=tuple(self.commands()),
            budgets=self.budgets(("budgets",)),
            image_budgets={
                name: self.budgets(("budgets", name))
                for name, found in self.typed("budgets", dict, {}).items()
                if isinstance(found, dict)
            },
            lines=tuple(self.lines()),
        )

    def lines(self) -> Iterator[Line]:
        for key, value in self.values.items():
            if key in {"without", "probes", "probe-commands"}:
                yield from (Line(key=key, value=one, origin=at) for one, at in self.list(key))
            elif key == "budgets":
                yield from self.budget_lines(value, (key,))
            elif key not in set(Ask):
                yield Line(key=key, value=value, origin=self.origin((key,)))

    def budget_lines(self, values: Mapping[str, Any], above: Path) -> Iterator[Line]:
        for name, value in values.items():
            if isinstance(value, dict):
                yield from self.budget_lines(value, (*above, name))
            else:
                yield Line(key=name, value=value, origin=self.origin((*above, name)))

    def level(self) -> int | None:
        level = self.values.get("level")
        wrong = isinstance(level, bool) or not isinstance(level, int | None)
        if wrong or (level is not None and not 0 <= level <= HIGHEST_LEVEL):
            raise self.fault(("level",), f"the level {level!r} is not a number from 0 to 3")
        return level

    def base(self) -> BaseOverride | None:
        if not {"base", "policy", "allow-source-builds"} & self.values.keys():
            return None
        policy = self.typed("policy", str, DEFAULT_POLICY.value)
        if policy not in set(Policy):
            names = ", ".join(Policy)
            raise self.fault(("policy",), f"there is no policy {policy}", f"Use one of {names}.")
        return BaseOverride(
            policy=Policy(policy),
            reference=self.typed("base", str, ""),
            allow_source_builds=self.typed("allow-source-builds", bool, default=False),
        )

    def overrides(self, ask: Ask) -> list[Override]:
        return [Override(ask=ask, text=text, origin=at) for text, at in self.list(ask.value)]

    def rule_names(self) -> list[str]:
        for index, (name, _) in enumerate(self.list("without")):
            if name not in self.rules:
                hint = _nearest(name, sorted(self.rules))
                raise self.fault(("without", index), f"there is no rule {name}", hint)
        return [name for name, _ in self.list("without")]

    def commands(self) -> Iterator[tuple[str, ...]]:
        for index, (text, _) in enumerate(self.list("probe-commands")):
            try:
                yield tuple(shlex.split(text))
            except ValueError as wrong:
                said = f"{text!r} is no command: {str(wrong).lower()}"
                raise self.fault(("probe-commands", index), said) from wrong

    def budgets(self, path: Path) -> Budgets:
        """Read a table of limits; at the top, the tables within it are those of images."""
        written = table(self.values, *map(str, path))
        limits = {key: one for key, one in written.items() if not isinstance(one, dict)}
        self.known(limits if len(path) == 1 else written, tuple(Budget), path)
        return {Budget(name): self.limit((*path, name), one) for name, one in limits.items()}

    def limit(self, path: Path, written: object) -> Limit:
        place = places(self.text).get((*self.above, *path))
        reason = place.comment if place else ""
        try:
            limit = limit_of(Budget(str(path[-1])), written, self.origin(path))
            return replace(limit, reason=reason)
        except ValueError as wrong:
            raise self.fault(path, *wrong.args) from wrong

    def list(self, key: str) -> list[tuple[str, Origin]]:
        found = self.values.get(key, [])
        if not isinstance(found, list) or not all(isinstance(one, str) and one for one in found):
            raise self.fault((key,), f"{key} is not a list of texts")
        if len(found) > _MOST:
            hint = f"Use {_MOST} at most; those of keep and remove may have `*`."
            raise self.fault((key,), f"{key} has {len(found)} values", hint)
        return [(one, self.origin((key, index))) for index, one in enumerate(found)]

    def typed(self, key: str, kind: type, default: Any) -> Any:  # noqa: ANN401  # TOML
        found = self.values.get(key, default)
        if type(found) is not kind:
            names = {str: "a text", bool: "true or false", dict: "a table"}
            raise self.fault((key,), f"{key} is not {names[kind]}")
        return found

    def known(self, values: Mapping[str, Any], keys: tuple[str, ...], inside: Path) -> None:
        for key in values:
            if key not in keys:
                raise self.fault((*inside, key), f"there is no setting {key}", _nearest(key, keys))

    def fault(self, path: Path, what: str, hint: str = "") -> InputSyntaxError:
        return InputSyntaxError(what, hint=hint, origin=self.origin(path))

    def origin(self, path: Path) -> Origin:
        return origin_in(self.text, self.file, (*self.above, *path))


def _nearest(name: str, names: tuple[str, ...] | list[str]) -> str:
    near = difflib.get_close_matches(name, names, n=1)
    return f"Did you mean {near[0]}?" if near else f"Use one of {', '.join(names)}."
