"""What one Python file says: imports, calls, strings, references, each with its place.

Facts hold ``file`` and ``line`` and make their ``Origin`` when asked, because a project has tens of
thousands of them and few are ever shown.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from jettison.values import Origin, Skipped

# An argument that is text, a flat list of texts, a number or a truth value; None when it is
# computed. A list keeps None in the place of each computed element.
Literal = str | int | float | bool | None | tuple[str | None, ...]


class Circumstance(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Under which conditions a statement runs.

    ``condition`` is the expression of the enclosing ``if`` statements that speak of an
    environment (``settings.DEBUG``, ``sys.platform == 'win32'``), joined with ``and``; empty when
    there is none.
    """

    optional: bool = False
    typing_only: bool = False
    main_guard: bool = False
    condition: str = ""


ALWAYS = Circumstance()


class Placed(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that stands on a line of a file."""

    file: str
    line: int

    @property
    def origin(self) -> Origin:
        """Where it is."""
        return Origin(file=self.file, line=self.line)


class Import(Placed, frozen=True, kw_only=True, omit_defaults=True):
    """One imported module: ``import module`` or ``from module import names``.

    ``level`` counts the leading dots. ``dynamic`` marks ``importlib.import_module`` and
    ``__import__``; a ``module`` that ends in ``.*`` stands for every module under a package, from
    a text whose beginning alone is literal.
    """

    module: str
    names: tuple[str, ...] = ()
    level: int = 0
    dynamic: bool = False
    circumstance: Circumstance = ALWAYS


class Text(Placed, frozen=True, kw_only=True, omit_defaults=True):
    """A string that may name a module, a driver or a URL.

    ``target`` is the name that the enclosing statement assigns (``INSTALLED_APPS``); ``role`` is
    the nearest dictionary key (``ENGINE``), keyword (``engine``) or called name
    (``BeautifulSoup``). For a formatted string, ``value`` is its literal beginning.
    """

    value: str
    target: str = ""
    role: str = ""
    circumstance: Circumstance = ALWAYS


class Call(Placed, frozen=True, kw_only=True, omit_defaults=True):
    """A call of a catalogued function, its name made absolute through the file's imports."""

    callee: str
    arguments: tuple[Literal, ...] = ()
    keywords: tuple[tuple[str, Literal], ...] = ()
    circumstance: Circumstance = ALWAYS

    def keyword(self, name: str) -> Literal:
        """Return the literal given for a keyword, None when it is absent or computed."""
        return dict(self.keywords).get(name)


class Reference(Placed, frozen=True, kw_only=True, omit_defaults=True):
    """An attribute of an imported name, absolute: ``django.db.models.ImageField``."""

    name: str


class EnvironmentRead(Placed, frozen=True, kw_only=True, omit_defaults=True):
    """An environment variable that the code reads."""

    name: str


class Switch(Placed, frozen=True, kw_only=True, omit_defaults=True):
    """An assignment that chooses an environment: ``DEBUG = env.bool("DEBUG")`` as text."""

    name: str
    expression: str


class ModuleFacts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything that was learned from one Python file.

    ``skipped`` is set when the file is not valid Python, not text or too large; its imports are
    then the ones that could be read line by line. ``calls_seen`` counts every call expression.
    """

    file: str
    calls_seen: int = 0
    imports: tuple[Import, ...] = ()
    texts: tuple[Text, ...] = ()
    calls: tuple[Call, ...] = ()
    references: tuple[Reference, ...] = ()
    environment: tuple[EnvironmentRead, ...] = ()
    switches: tuple[Switch, ...] = ()
    skipped: Skipped | None = None

    def names_used(self) -> Iterator[tuple[str, Origin]]:
        """Every absolute name that the file imports or refers to, with its place."""
        for imported in self.imports:
            if imported.level == 0 and not imported.circumstance.typing_only:
                for name in imported.names:
                    yield f"{imported.module}.{name}", imported.origin
        for reference in self.references:
            yield reference.name, reference.origin
