"""Which modules of the standard library the imports of an image lead to. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from jettison.contents.environment import module_name
from jettison.contents.image import ImageFiles

# What an interpreter imports as it starts, and what text is read and written with.
AT_START = (
    *("abc", "codecs", "io", "os", "runpy", "site", "stat"),
    *("encodings.aliases", "encodings.ascii", "encodings.idna", "encodings.latin_1"),
    "encodings.utf_8",
)
_IMPORT = (
    rb"(?:from[ \t]+(?P<module>[\w.]+)[ \t]+import[ \t(]+(?P<names>[\w, \t]+)"
    rb"|import[ \t]+(?P<modules>[\w., \t]+))"
)
ANYWHERE = re.compile(rb"^[ \t]*" + _IMPORT, re.MULTILINE)
AT_ONCE = re.compile(rb"^" + _IMPORT, re.MULTILINE)
WORD = re.compile(r"[\w.]+")


def imported_library(image: ImageFiles, library: str) -> frozenset[str]:
    """Give the Python files of the standard library, below its folder, that imports lead to.

    All imports of the environment and the application count, and of the library's own modules those
    that are carried out as the module is loaded. This is for what may be missed without harm:
    a name that is made at run time is not followed.
    """
    inside = f"{library}/"
    sources: dict[str, tuple[str, bytes]] = {}
    pending = list(AT_START)
    for path, file in image.files.items():
        if not path.endswith(".py") or not file.text:
            continue
        inner = path.removeprefix(inside)
        if library and path.startswith(inside) and not inner.startswith("site-packages/"):
            sources[module_name(inner)] = (inner, file.text)
        else:
            pending += _imported(file.text, ANYWHERE, "")
    return frozenset(sources[name][0] for name in _closure(pending, sources))


def _closure(pending: list[str], sources: Mapping[str, tuple[str, bytes]]) -> Iterable[str]:
    found: dict[str, None] = {}
    while pending:
        parts = pending.pop().split(".")
        for end in range(1, len(parts) + 1):
            name = ".".join(parts[:end])
            if name in found or name not in sources:
                continue
            found[name] = None
            path, text = sources[name]
            package = name if path.endswith("/__init__.py") else name.rpartition(".")[0]
            pending += _imported(text, AT_ONCE, package)
    return found


def _imported(text: bytes, pattern: re.Pattern[bytes], package: str) -> Iterator[str]:
    """Give the modules that a source imports, and what it imports from them, as either may be."""
    for found in pattern.finditer(text):
        module = (found["module"] or b"").decode("ascii", "replace")
        base = _absolute(module, package)
        for each in (
            (found["names"] or found["modules"] or b"").decode("ascii", "replace").split(",")
        ):
            word = WORD.search(each)
            name = word[0] if word else ""
            yield f"{base}.{name}" if module else name


def _absolute(module: str, package: str) -> str:
    name = module.lstrip(".")
    level = len(module) - len(name)
    if not level:
        return module
    parts = package.split(".")
    return ".".join([*parts[: len(parts) - level + 1], *([name] if name else [])])
