"""Hatch: the environments of a project, which it makes without a lock."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import dropwhile

from jettison.ecosystems.declaration import Declaration, Document, Group, Kind, in_array
from jettison.ecosystems.tool import VIRTUAL, Setting, Tool
from jettison.formats.toml import Table, table, text_of

_HOME = "/root/.local/share/hatch"
_PATH = "HATCH_ENV_TYPE_VIRTUAL_PATH"
_DEFAULT = "default"
_DECIDING = (
    "python", "matrix", "env-vars", "platforms", "pre-install-commands", "post-install-commands"
)  # fmt: skip


def _declared(document: Document) -> Iterator[Declaration]:
    """Yield what environments add; they are for development, whatever their names."""
    path = ("tool", "hatch", "envs")
    for name in table(document.root, *path):
        group = Group(kind=Kind.GROUP, name=name)
        yield from in_array(document, (*path, name, "dependencies"), group)
        yield from in_array(document, (*path, name, "extra-dependencies"), group)


def _name(words: Collection[str]) -> str:
    after = list(dropwhile(lambda word: word != "create", words))
    return next((word for word in after[1:] if not word.startswith("-")), _DEFAULT)


def _starts(words: Collection[str]) -> tuple[tuple[str, ...], ...]:
    """Return the words that run something in the environment that is made."""
    name = _name(words)
    named = (("hatch", "-e", name, "run"), ("hatch", "--env", name, "run"))
    return (*named, ("hatch", "run")) if name == _DEFAULT else named


def _environment(declared: Table, words: Collection[str]) -> Table:
    """Return the table of the environment that is made, with what it takes from its template."""
    known = table(declared, "tool", "hatch", "envs")
    own = table(known, _name(words))
    template = text_of(own, "template") or _DEFAULT
    return {**table(known, template), **own}


def _place(setting: Setting) -> str:
    return "" if "hatch config" in setting.text else setting.environment.get(_PATH, _HOME)


def _is_package(declared: Table, words: Collection[str], _linked: bool) -> bool:
    own = _environment(declared, words)
    return not own.get("skip-install") and not own.get("detached")


def _names(declared: Table, words: Collection[str]) -> frozenset[str]:
    return frozenset(table(_environment(declared, words), "scripts"))


def _obstacle(declared: Table, words: Collection[str]) -> str:
    """Name what a folder that is copied would not have, or what chooses more than one."""
    own = _environment(declared, words)
    for key in _DECIDING:
        if own.get(key):
            return f"the environment sets {key}"
    return "" if own.get("type", "virtual") == "virtual" else "the environment is not a virtual one"


HATCH = Tool(
    name="hatch",
    installs=("env create",),
    named=True,
    declared=_declared,
    decides=("hatch.toml",),
    place=_place,
    home=_HOME,
    makes=True,
    package=_is_package,
    starts=_starts,
    names=_names,
    obstacle=_obstacle,
    calls=("run", "shell", "env", "version", "test"),
    variables="HATCH_",
    wanted={_PATH: VIRTUAL},
    stays=None,
    compiles=True,
    with_tool=("virtualenv",),
    python=("HATCH_PYTHON",),
    whole=True,
)
