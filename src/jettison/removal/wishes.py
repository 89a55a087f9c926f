"""What the lines of ``keep`` and ``remove`` mean among the files of an environment."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType

from msgspec import Struct, field
from packaging.utils import canonicalize_name

from jettison.removal.contents import Contents, OwnedFile
from jettison.removal.match import WILD, Matcher
from jettison.settings import Ask, Wish


class Wishes(Struct, frozen=True, kw_only=True):
    """Each line of the settings with the files that it means.

    ``kept`` maps paths to the line that keeps them. A line that is in ``idle`` means nothing.
    """

    files: Mapping[Wish, tuple[OwnedFile, ...]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    kept: Mapping[str, Wish] = field(default_factory=lambda: MappingProxyType({}))

    def of(self, ask: Ask) -> tuple[Wish, ...]:
        """The lines that ask for one thing."""
        return tuple(wish for wish in self.files if wish.ask is ask)


def wishes_of(lines: Iterable[Wish], contents: Contents) -> Wishes:
    """Look every line up among the files."""
    files = {wish: meant_by(wish.text, contents) for wish in lines}
    kept = {
        file.path: wish for wish, found in files.items() if wish.ask is Ask.KEEP for file in found
    }
    return Wishes(files=MappingProxyType(files), kept=MappingProxyType(kept))


def meant_by(text: str, contents: Contents) -> tuple[OwnedFile, ...]:
    """Files of a distribution, of a module with all below it, or below a path or pattern."""
    name = canonicalize_name(text)
    if is_path(text):
        return _matching({text, f"{text.rstrip('/')}/"}, contents)
    if name in contents.versions:
        return tuple(file for file in contents.files.values() if file.distribution == name)
    path = text.replace(".", "/")
    return _matching({f"{path}/", f"{path}.py", f"{path}.*.so", f"{path}.so"}, contents)


def is_path(text: str) -> bool:
    """Whether a line is a path or pattern, not a name."""
    return "/" in text or bool(WILD.search(text))


def _matching(paths: Collection[str], contents: Contents) -> tuple[OwnedFile, ...]:
    meant = Matcher.of((path, True) for path in paths)
    return tuple(file for path, file in contents.files.items() if meant.find(path))
