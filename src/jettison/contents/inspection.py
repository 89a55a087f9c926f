"""What an image holds, as values: layers, waste, duplicates; two of them compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from msgspec import Struct
from packaging.utils import canonicalize_name

from jettison.contents.measurement import MeasuredLayer
from jettison.contents.stored_files import BaseLayers, Owner, OwnerKind, StoredFile, instructions
from jettison.images.config import History
from jettison.values import by_key


class OwnedFile(Struct, frozen=True, kw_only=True):
    """A stored file and whose it is."""

    file: StoredFile
    owner: Owner


class InspectedLayer(Struct, frozen=True, kw_only=True):
    """One layer: ``created_by`` is the instruction that made it, as far as the image tells.

    ``wasted`` are the bytes of its files that later layers hide. ``compressed_size`` is what is
    pulled.
    """

    diff_id: str
    created_by: str
    base: bool
    size: int
    compressed_size: int
    files: int
    wasted: int
    kinds: Mapping[OwnerKind, int]


class OwnerShare(Struct, frozen=True, kw_only=True):
    """What one owner has: bytes by layer, ``wasted`` of them hidden by later layers."""

    owner: Owner
    size: int
    wasted: int
    files: int
    layers: Mapping[int, int]


class Duplicate(Struct, frozen=True, kw_only=True):
    """Visible files of one content; all but one could be hard links."""

    size: int
    files: tuple[OwnedFile, ...]

    @property
    def wasted(self) -> int:
        """The bytes that one file would save."""
        return self.size * (len(self.files) - 1)


class Inspection(Struct, frozen=True, kw_only=True, dict=True):
    """An image with every byte's owner.

    ``base_known_by`` says in a few words how it is known which layers are the base's; ``files`` are
    sorted by path, and by layer where several layers have the same.
    """

    name: str
    platform: str
    layers: tuple[InspectedLayer, ...]
    base_known_by: str
    files: tuple[OwnedFile, ...]
    duplicates: tuple[Duplicate, ...]

    @property
    def size(self) -> int:
        """Uncompressed bytes of all layers."""
        return sum(layer.size for layer in self.layers)

    @property
    def compressed_size(self) -> int:
        """The bytes that a pull moves."""
        return sum(layer.compressed_size for layer in self.layers)

    @cached_property
    def owners(self) -> tuple[OwnerShare, ...]:
        """Every owner, the largest first."""
        shares = (_share(owner, files) for owner, files in _by_owner(self.files).items())
        return tuple(sorted(shares, key=lambda one: (-one.size, one.owner)))

    @property
    def kinds(self) -> Mapping[OwnerKind, int]:
        """Bytes by kind of owner."""
        return kinds_of(self.files)

    @cached_property
    def wasted(self) -> tuple[OwnedFile, ...]:
        """The files that later layers hide, the largest first."""
        hidden = (one for one in self.files if one.file.hidden)
        return tuple(sorted(hidden, key=lambda one: (-one.file.size, one.file.path)))

    @property
    def wasted_size(self) -> int:
        """The bytes that are pulled and never seen."""
        return sum(one.file.size for one in self.wasted)

    @property
    def duplicated_size(self) -> int:
        """The bytes that equal files take beyond the first of each."""
        return sum(one.wasted for one in self.duplicates)


def kinds_of(files: tuple[OwnedFile, ...]) -> Mapping[OwnerKind, int]:
    """Add up bytes by kind of owner; every kind is there."""
    sizes: Counter[OwnerKind] = Counter(dict.fromkeys(OwnerKind, 0))
    for one in files:
        sizes[one.owner.kind] += one.file.size
    return sizes


def _by_owner(files: tuple[OwnedFile, ...]) -> dict[Owner, list[StoredFile]]:
    return by_key((one.owner, one.file) for one in files)


def _share(owner: Owner, files: list[StoredFile]) -> OwnerShare:
    layers: Counter[int] = Counter()
    for file in files:
        layers[file.layer] += file.size
    return OwnerShare(
        owner=owner,
        size=layers.total(),
        wasted=sum(file.size for file in files if file.hidden),
        files=len(files),
        layers=dict(sorted(layers.items())),
    )


class Side(Struct, frozen=True, kw_only=True):
    """What one image has of an owner; ``version`` joins several with a comma."""

    version: str
    size: int


class Change(Struct, frozen=True, kw_only=True):
    """One owner in both images; None where an image has nothing of it."""

    kind: OwnerKind
    name: str
    before: Side | None
    after: Side | None

    @property
    def growth(self) -> int:
        """Bytes that the second image has more."""
        return (self.after.size if self.after else 0) - (self.before.size if self.before else 0)


class Comparison(Struct, frozen=True, kw_only=True):
    """What two images have of each owner; each group has the largest change first."""

    before: Inspection
    after: Inspection
    grew: tuple[Change, ...]
    shrank: tuple[Change, ...]
    only_before: tuple[Change, ...]
    only_after: tuple[Change, ...]
    same: int


def compare(before: Inspection, after: Inspection) -> Comparison:
    """Compare two inspections by kind and name of owner; versions may differ."""
    first, second = _sides(before), _sides(after)
    changes = sorted(
        (
            Change(kind=kind, name=name, before=first.get(key), after=second.get(key))
            for key in first.keys() | second.keys()
            for kind, name in [key]
        ),
        key=lambda one: (-abs(one.growth), one.kind, one.name),
    )
    both = [one for one in changes if one.before and one.after]
    return Comparison(
        before=before,
        after=after,
        grew=tuple(one for one in both if one.growth > 0),
        shrank=tuple(one for one in both if one.growth < 0),
        only_before=tuple(one for one in changes if not one.after),
        only_after=tuple(one for one in changes if not one.before),
        same=sum(one.growth == 0 for one in both),
    )


def _sides(image: Inspection) -> dict[tuple[OwnerKind, str], Side]:
    found: dict[tuple[OwnerKind, str], Side] = {}
    for share in image.owners:
        key = (share.owner.kind, _name(share.owner))
        known = found.get(key)
        versions = [known.version if known else "", share.owner.version]
        found[key] = Side(
            version=", ".join(dict.fromkeys(filter(None, versions))),
            size=share.size + (known.size if known else 0),
        )
    return found


def _name(owner: Owner) -> str:
    """Names of distributions are spelled in several ways."""
    if owner.kind is OwnerKind.DISTRIBUTION:
        return canonicalize_name(owner.name)
    return owner.name


def duplicates_of(files: Iterable[OwnedFile]) -> tuple[Duplicate, ...]:
    """Group visible files by content, the most wasteful first; hard links are one file."""
    by_content = by_key(
        (one.file.digest, one)
        for one in files
        if one.file.digest and one.file.size and not one.file.hidden
    )
    groups = (
        Duplicate(size=group[0].file.size, files=tuple(group))
        for group in by_content.values()
        if len(group) > 1
    )
    return tuple(sorted(groups, key=lambda one: (-one.wasted, one.files[0].file.path)))


class ImageContents(Struct, frozen=True, kw_only=True):
    """What is read of an image: its layers lowest first, and what its configuration tells."""

    name: str
    platform: str
    diff_ids: tuple[str, ...]
    history: tuple[History, ...]
    folder: str
    layers: tuple[MeasuredLayer, ...]


def inspected_layers(
    image: ImageContents, files: Iterable[OwnedFile], base: BaseLayers
) -> Iterator[InspectedLayer]:
    """Describe each layer, lowest first; ``files`` are those of all layers."""
    made_by = instructions(image.history, len(image.layers))
    grouped: list[list[OwnedFile]] = [[] for _ in image.layers]
    for one in files:
        grouped[one.file.layer].append(one)
    for index, layer in enumerate(image.layers):
        own = tuple(grouped[index])
        yield InspectedLayer(
            diff_id=image.diff_ids[index],
            created_by=made_by[index],
            base=index < base.count,
            size=layer.contents.size,
            compressed_size=layer.compressed_size,
            files=len(own),
            wasted=sum(one.file.size for one in own if one.file.hidden),
            kinds=kinds_of(own),
        )
