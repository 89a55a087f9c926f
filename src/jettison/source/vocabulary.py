"""Words and locales that source text names, and where a module name resolves."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property

from msgspec import Struct

from jettison.source import Import, ModuleFacts, dotted
from jettison.source.conditions import last_name
from jettison.source.named_places import places_in
from jettison.values import Origin, Skipped, folders_above, line_numbers, python_tree


class LocaleFunctions(Struct, frozen=True, kw_only=True):
    """What a package offers that takes a locale, as the catalogue knows it.

    ``calls`` has the position of the locale by the last part of a function's name; everywhere it
    may be given by ``keyword`` too. ``words`` choose a locale by other means, and the first group
    of each of the expressions in ``named`` is one. ``others`` are modules from elsewhere, whose
    functions of the same names do not count.
    """

    package: str
    calls: Mapping[str, int]
    words: Collection[str] = ()
    keyword: str = "locale"
    named: Collection[str] = ()
    others: Collection[str] = ()


def locales_named(text: str, known: LocaleFunctions) -> frozenset[str]:
    """Give the locales that calls name; an empty one where a call may be given any.

    A call that leaves the locale out says nothing. A function of the package that is handed on, as
    a filter of templates for example, or that has another name here, is called where nobody sees
    it.
    """
    if any(word in text for word in known.words):
        return frozenset({""})
    named = {found for form in known.named for found in re.findall(form, text)}
    if not any(name in text for name in known.calls):
        return frozenset(named)
    try:
        nodes = list(ast.walk(python_tree(text)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset({""})
    if _handed_on(nodes, known):
        return frozenset({""})
    elsewhere = set(_bound(nodes, known.others))
    return frozenset(named).union(
        name
        for node in nodes
        if isinstance(node, ast.Call)
        and last_name(node.func) in known.calls
        and _root(node.func) not in elsewhere
        for name in _given(node, known)
    )


def _handed_on(nodes: Collection[ast.AST], known: LocaleFunctions) -> bool:
    """Whether a function of the package is renamed, or named without being called."""
    package = {known.package}
    bound = set(_bound(nodes, package))
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and _within(node.module or "", package):
            if any(each.asname and each.name in known.calls for each in node.names):
                return True
            bound.update(known.calls if any(each.name == "*" for each in node.names) else ())
    explained = {node.func for node in nodes if isinstance(node, ast.Call)}
    explained |= {node.value for node in nodes if isinstance(node, ast.Attribute)}
    return any(
        node not in explained and last_name(node) in known.calls and _root(node) in bound
        for node in nodes
        if isinstance(node, ast.Name | ast.Attribute)
    )


def _bound(nodes: Collection[ast.AST], modules: Collection[str]) -> Iterator[str]:
    """Give the names that imports of some modules, or out of them, bind here."""
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and not node.level:
            if _within(node.module or "", modules):
                yield from (each.asname or each.name for each in node.names)
        elif isinstance(node, ast.Import):
            for each in node.names:
                if _within(each.name, modules):
                    yield each.asname or each.name.partition(".")[0]


def _within(module: str, packages: Collection[str]) -> bool:
    return module.partition(".")[0] in packages


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _given(call: ast.Call, known: LocaleFunctions) -> Iterator[str]:
    """The locale of one call: nothing when it is omitted, empty when it is computed."""
    if any(isinstance(each, ast.Starred) for each in call.args):
        yield ""
    position = known.calls[last_name(call.func)]
    values = [each.value for each in call.keywords if each.arg in {None, known.keyword}]
    for value in (*call.args[position : position + 1], *values):
        if not isinstance(value, ast.Constant):
            yield ""
        elif isinstance(value.value, str):
            yield value.value


LITERAL = re.compile(
    r"(?:service_name\s*=\s*|serviceName\s*=\s*)?[\"'](?P<text>[\w.-]+)[\"']\s*(?=[,)])"
)


# Files of version control by which a program finds its own version.
HISTORY = (".git/HEAD", ".git/refs", ".git/logs", ".git/packed-refs", "search_parent_directories")
# A folder of tests in a path, or as a part of one; no address, and no route.
TESTS_NAMED = "tests/"
_OF_TESTS = re.compile(
    r"[\"'](?!/tests?/)(?:(?!://)[^\"'\s])*(?<![\w-])tests?/[\w.*{]"
    r"|(?:[\w)\]]\s*/|\bjoin(?:path)?\([^()\n]*)\s*[\"']tests?[\"']"
)
# The endings of files that hold a font.
FONTS = (".ttf", ".otf", ".ttc", ".pfb")
_FONT_NAMED = re.compile(r"[\"'/]([\w-]+\.(?:ttf|otf|ttc|pfb))[\"']")


def words_in(text: str, vocabulary: Collection[str], file: str) -> Mapping[str, Origin]:
    """Give the first place of each word that is in a text, comments included.

    Those of ``HISTORY`` are always among them, ``TESTS_NAMED`` where a path leads to tests, and
    absolute paths for data and names of files of fonts.
    """
    words = sorted({*vocabulary, *HISTORY}, key=len, reverse=True)
    form = "|".join(map(re.escape, words))
    places = () if file.endswith(".sh") else places_in(text)
    found = {path: Origin(file=file, line=line) for path, line in places}
    line_of = line_numbers(text)
    for match in re.finditer(rf"(?<!\w)(?:{form})(?!\w)", text):
        if match[0] not in found:
            found[match[0]] = Origin(file=file, line=line_of(match.start()))
    for match in _FONT_NAMED.finditer(text):
        found.setdefault(match[1], Origin(file=file, line=line_of(match.start())))
    if tests := _OF_TESTS.search(text):
        found[TESTS_NAMED] = Origin(file=file, line=line_of(tests.start()))
    return found


def first_arguments(text: str, methods: Collection[str]) -> frozenset[str]:
    """Give the literal first arguments of calls of these names; empty text for a computed one.

    A call without arguments says nothing.
    """
    form = "|".join(re.escape(name) for name in methods)
    found: set[str] = set()
    for match in re.finditer(rf"(?<!\w)(?<!def )(?:{form})\(\s*(?=[^)\s])", text):
        given = LITERAL.match(text, match.end())
        found.add(given["text"] if given else "")
    return frozenset(found)


_PACKAGE = "/__init__.py"


class SourceIndex(Struct, frozen=True, kw_only=True, dict=True):
    """The Python files of a project and the folders that modules are searched in.

    ``modules`` maps a path relative to the project to its facts. ``roots`` are folders (``""`` for
    the project itself) in the order of ``sys.path``; the last ``inferred`` of them are there
    because imports of the project need them. A folder without ``__init__.py`` is a
    namespace package, as for Python.
    """

    modules: Mapping[str, ModuleFacts]
    roots: tuple[str, ...] = ("",)
    inferred: int = 0

    @classmethod
    def build(
        cls,
        modules: Iterable[ModuleFacts],
        *,
        roots: Iterable[str] = ("",),
        external: Collection[str] = frozenset(),
    ) -> SourceIndex:
        """Index the files; more roots are found where the project's own imports need them.

        ``external`` are import names of declared distributions: a name among them never makes a
        folder a root, so ``app/redis.py`` does not hide the package ``redis``.
        """
        by_file = {facts.file: facts for facts in modules}
        index = cls(modules=by_file, roots=tuple(dict.fromkeys(roots)))
        needed = _needed_roots(index, external)
        return cls(modules=by_file, roots=(*index.roots, *needed), inferred=len(needed))

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """The files that could not be read as Python."""
        return tuple(f.skipped for f in self.modules.values() if f.skipped)

    @cached_property
    def folders(self) -> frozenset[str]:
        """Every folder that has Python files somewhere below it."""
        return frozenset(folders_above(self.modules))

    def find(self, name: str, *, roots: Iterable[str] | None = None) -> str | None:
        """File of an absolute module name, None when it is not the project's.

        A namespace package is given as its folder with a final ``/``.
        """
        if roots is not None:
            return self._search(name, roots)
        if name not in self._found:
            self._found[name] = self._search(name, self.roots)
        return self._found[name]

    @cached_property
    def _found(self) -> dict[str, str | None]:
        """Answers for the index's own roots; the same names are looked up again and again."""
        return {}

    def _search(self, name: str, roots: Iterable[str]) -> str | None:
        path = name.replace(".", "/")
        for root in roots:
            found = self._at(f"{root}/{path}" if root else path)
            if found:
                return found
        return None

    def _at(self, path: str) -> str | None:
        if path + _PACKAGE in self.modules:
            return path + _PACKAGE
        if path + ".py" in self.modules:
            return path + ".py"
        return path + "/" if path in self.folders else None

    def module_name(self, file: str) -> str:
        """Dotted name of a file from the deepest root that contains it."""
        best = max(
            (root for root in self.roots if not root or file.startswith(root + "/")),
            key=len,
            default="",
        )
        path = file[len(best) + 1 :] if best else file
        return dotted(path)

    def resolve(self, imported: Import) -> tuple[str, ...]:
        """Files that an import loads, its parent packages first; empty when it is external."""
        if imported.level:
            return self._relative(imported)
        files = self._along(imported.module)
        if files and files[-1].endswith((_PACKAGE, "/")):
            files += self._members(files[-1], imported.names)
        return tuple(file for file in files if not file.endswith("/"))

    def below(self, package: str) -> tuple[str, ...]:
        """Every file under a dotted package name."""
        found = self.find(package)
        if found is None or not found.endswith((_PACKAGE, "/")):
            return ()
        folder = found.removesuffix("__init__.py")
        return tuple(sorted(file for file in self.modules if file.startswith(folder)))

    def is_local(self, name: str) -> bool:
        """Whether the first part of a module name is the project's own."""
        return self.find(name.partition(".")[0]) is not None

    def _along(self, name: str) -> list[str]:
        files: list[str] = []
        parts = name.split(".")
        for end in range(1, len(parts) + 1):
            found = self.find(".".join(parts[:end]))
            if found is None:
                break
            files.append(found)
        return files

    def _relative(self, imported: Import) -> tuple[str, ...]:
        folder = imported.file.rpartition("/")[0]
        for _ in range(imported.level - 1):
            folder = folder.rpartition("/")[0]
        path = "/".join(filter(None, (folder, imported.module.replace(".", "/"))))
        found = self._at(path)
        if found is None:
            return ()
        files = [found]
        if found.endswith((_PACKAGE, "/")):
            files += self._members(found, imported.names)
        return tuple(file for file in files if not file.endswith("/"))

    def _members(self, package: str, names: Iterable[str]) -> list[str]:
        folder = package.removesuffix(_PACKAGE).removesuffix("/")
        return [found for name in names if (found := self._at(f"{folder}/{name}"))]


def _needed_roots(index: SourceIndex, external: Collection[str]) -> tuple[str, ...]:
    """Folders that hold modules which the project imports by a name nothing else resolves."""
    wanted = {
        imported.module.partition(".")[0]
        for facts in index.modules.values()
        for imported in facts.imports
        if not imported.level and not imported.dynamic
    }
    wanted -= set(external) | sys.stdlib_module_names
    wanted = {name for name in wanted if name and index.find(name) is None}
    votes: dict[str, int] = {}
    for file in index.modules:
        folder, _, name = file.removesuffix(_PACKAGE).removesuffix(".py").rpartition("/")
        if name in wanted and folder + _PACKAGE not in index.modules:
            votes[folder] = votes.get(folder, 0) + 1
    return tuple(sorted(votes, key=lambda folder: (-votes[folder], folder)))
