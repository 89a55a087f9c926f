"""Files that an image holds more than once."""

from __future__ import annotations

from collections.abc import Iterable

from jettison.inspect.inspection import Duplicate, OwnedFile
from jettison.oci.digest import Digest


def duplicates_of(files: Iterable[OwnedFile]) -> tuple[Duplicate, ...]:
    """Group visible files by content, the most wasteful first; hard links are one file."""
    by_content: dict[Digest, list[OwnedFile]] = {}
    for one in files:
        if one.file.digest and one.file.size and not one.file.hidden:
            by_content.setdefault(one.file.digest, []).append(one)
    groups = (
        Duplicate(size=group[0].file.size, files=tuple(group))
        for group in by_content.values()
        if len(group) > 1
    )
    return tuple(sorted(groups, key=lambda one: (-one.wasted, one.files[0].file.path)))
