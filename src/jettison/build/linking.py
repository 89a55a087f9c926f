"""Which files of an installed wheel become other names of equal files, by the list of a plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from jettison.build.scheme import Scheme
from jettison.oci.tar_writer import Member
from jettison.removal.listing import links_in


def links_of(listed: str, scheme: Scheme) -> Mapping[str, str]:
    """Return each path of the image that the list links, with the path of the file it names."""

    def place(path: str) -> str:
        inside = scheme.prefix if path.startswith("/") else scheme.packages
        return f"{inside}/{path.lstrip('/')}"

    return {place(path): place(file) for path, file in links_in(listed).items()}


def with_links(
    members: Mapping[str, Member], digests: Mapping[str, str], links: Mapping[str, str]
) -> Iterator[Member]:
    """Yield the files of a distribution, those as hard links that are equal to what they name.

    ``digests`` are those of RECORD, by the path of the image; a file without one is no link.
    """
    for path, member in members.items():
        file = links.get(path, "")
        first = members.get(file)
        equal = first and digests.get(path) and digests[path] == digests.get(file)
        if first and equal and first.entry.mode == member.entry.mode and file not in links:
            yield member.linked_to(file)
        else:
            yield member
