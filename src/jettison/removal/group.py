"""Files that leave an environment together, and the rule that says so."""

from __future__ import annotations

from msgspec import Struct

from jettison.distributions.installed_size import byte_code_of
from jettison.values import Basis, Size


class Group(Struct, frozen=True, kw_only=True):
    """Paths of one distribution that leave together.

    ``paths`` are below site-packages, or below the environment when they begin with ``/``; one
    that ends in ``/`` is a folder, and ``*`` and ``**`` are patterns. ``reason`` names what it is
    in a few words. ``together`` says that none leaves without the others. ``not_counting`` are
    patterns of files whose imports do not keep the group. ``sections`` are patterns of shared
    libraries that are shortened. ``links`` are pairs of a path and of the equal file that it
    becomes another name of. ``bytes`` are those of the files, or what the libraries
    lose; ``source_bytes`` those of Python files among them, whose byte code goes too.
    """

    rule: str
    distribution: str
    reason: str
    paths: tuple[str, ...] = ()
    not_counting: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    together: bool = False
    bytes: int = 0
    source_bytes: int = 0
    basis: Basis = Basis.MEASURED

    @property
    def size(self) -> Size:
        """What the environment is smaller by, byte code included."""
        if not self.source_bytes:
            return Size(bytes=self.bytes, basis=self.basis, source="files of the wheel")
        source = "files of the wheel, and byte code by the size of the sources"
        count = self.bytes + byte_code_of(self.source_bytes)
        return Size(bytes=count, basis=Basis.ESTIMATED, source=source)
