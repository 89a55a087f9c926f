"""Where a module name resolves: to a file of the project, or outside it."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Mapping
from functools import cached_property

from msgspec import Struct

from jettison.source.facts import Import, ModuleFacts
from jettison.values import Skipped

_PACKAGE = "/__init__.py"


class SourceIndex(Struct, frozen=True, kw_only=True, dict=True):
    """The Python files of a project and the folders that modules are searched in.

    ``modules`` maps a path relative to the project to its facts. ``roots`` are folders (``""`` for
    the project itself) in the order of ``sys.path``. A folder without ``__init__.py`` is a
    namespace package, as for Python.
    """

    modules: Mapping[str, ModuleFacts]
    roots: tuple[str, ...] = ("",)

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
        return cls(modules=by_file, roots=(*index.roots, *_needed_roots(index, external)))

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """The files that could not be read as Python."""
        return tuple(f.skipped for f in self.modules.values() if f.skipped)

    @cached_property
    def folders(self) -> frozenset[str]:
        """Every folder that has Python files somewhere below it."""
        found: set[str] = set()
        for file in self.modules:
            folder = file.rpartition("/")[0]
            while folder and folder not in found:
                found.add(folder)
                folder = folder.rpartition("/")[0]
        return frozenset(found)

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
        """Answers for the index's own roots; the same names are asked for again and again."""
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
        return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

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
