"""An inspection as text for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from jettison.contents.inspection import (
    Change,
    Comparison,
    Duplicate,
    InspectedLayer,
    Inspection,
    OwnedFile,
)
from jettison.contents.stored_files import OwnerKind
from jettison.report import table
from jettison.values import human

LARGEST_OWNERS = 20
_FILES_SHOWN = 5
_WIDTH = 60


def inspection_text(image: Inspection) -> str:
    """Give kinds, layers, the largest owners, and wasted space."""
    parts = [
        heading(image),
        _kinds(image),
        _layers(image),
        _owners(image),
        "\n".join(_wasted(image)),
        "\n".join(_duplicates(image)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def heading(image: Inspection) -> str:
    """Say in one line what the image weighs."""
    return (
        f"{image.name}: {human(image.size)} in {len(image.layers)} layers, "
        f"{human(image.compressed_size)} compressed ({image.platform})"
    )


def _kinds(image: Inspection) -> str:
    kinds = image.kinds
    rows = [
        (
            kind.value,
            human(kinds[kind]),
            share(kinds[kind], image.size),
            human(in_base(image, kind)),
        )
        for kind in sorted(OwnerKind, key=lambda kind: -kinds[kind])
        if kinds[kind]
    ]
    return table(("whose", "size", "share", "in the base"), rows, right=(1, 2, 3))


def in_base(image: Inspection, kind: OwnerKind) -> int:
    """Add up the bytes of a kind that the base's layers hold."""
    return sum(layer.kinds[kind] for layer in image.layers if layer.base)


def _layers(image: Inspection) -> str:
    rows = [_layer(index, layer) for index, layer in enumerate(image.layers)]
    header = ("layer", "", "size", "compressed", "wasted", "made by")
    known = f"\nBase layers identified by {image.base_known_by}"
    told = known if image.base_known_by else "\nBase layers not identified"
    return table(header, rows, right=(0, 2, 3, 4)) + told


def _layer(index: int, layer: InspectedLayer) -> tuple[str, ...]:
    return (
        str(index),
        "base" if layer.base else "",
        human(layer.size),
        human(layer.compressed_size),
        human(layer.wasted) if layer.wasted else "-",
        fitting(" ".join(layer.created_by.split()) or "(no history)"),
    )


def _owners(image: Inspection) -> str:
    shown = image.owners[:LARGEST_OWNERS]
    rows = [
        (
            str(share_.owner),
            share_.owner.kind.value,
            human(share_.size),
            share(share_.size, image.size),
            ", ".join(map(str, share_.layers)),
        )
        for share_ in shown
    ]
    left = image.owners[LARGEST_OWNERS:]
    rest = human(sum(one.size for one in left))
    more = f"\nand {len(left)} smaller owners with {rest}" if left else ""
    header = (f"the {len(shown)} largest owners", "kind", "size", "share", "in layers")
    return table(header, rows, right=(2, 3)) + more


def _wasted(image: Inspection) -> Iterator[str]:
    if not image.wasted:
        yield "Wasted: 0 bytes; no layer overwrites or deletes a file of another"
        return
    yield (
        f"Wasted: {human(image.wasted_size)} in {len(image.wasted)} files that a later layer "
        "overwrites or deletes; they are still stored and pulled"
    )
    yield from (_hidden(one) for one in image.wasted[:_FILES_SHOWN])


def _hidden(one: OwnedFile) -> str:
    hidden = one.file.hidden
    how = f"{hidden.how.value} by layer {hidden.layer}" if hidden else ""
    return f"  {human(one.file.size):>7}  /{one.file.path} of layer {one.file.layer}, {how}"


def _duplicates(image: Inspection) -> Iterator[str]:
    if not image.duplicates:
        yield "Duplicates: none."
        return
    yield (
        f"Duplicates: {human(image.duplicated_size)} in {len(image.duplicates)} contents "
        "that are stored more than once"
    )
    yield from (_duplicate(one) for one in image.duplicates[:_FILES_SHOWN])


def _duplicate(one: Duplicate) -> str:
    first, second, *others = [f"/{each.file.path}" for each in one.files]
    more = f" and {len(others)} more" if others else ""
    return f"  {human(one.wasted):>7}  {first} = {second}{more}"


def share(part: int, whole: int) -> str:
    """Write a part as per cent."""
    return f"{100 * part / whole:.1f} %" if whole else "-"


def fitting(text: str) -> str:
    """Cut a text to a column."""
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"


_SHOWN = 20


def comparison_text(comparison: Comparison) -> str:
    """Give sizes by kind, then the owners whose bytes differ, the largest difference first."""
    groups = (
        ("grew", comparison.grew),
        ("shrank", comparison.shrank),
        (f"only in {comparison.before.name}", comparison.only_before),
        (f"only in {comparison.after.name}", comparison.only_after),
    )
    parts = [
        table(("", "before", "after", "difference"), _sizes(comparison), right=(1, 2, 3)),
        *(_group(title, changes) for title, changes in groups if changes),
        f"{comparison.same} owners have the same size in both",
    ]
    return "\n\n".join(parts) + "\n"


def signed(count: int) -> str:
    """Write a difference in bytes with its sign."""
    return f"+{human(count)}" if count > 0 else human(count)


def _sizes(comparison: Comparison) -> Iterator[tuple[str, ...]]:
    before, after = comparison.before, comparison.after
    figures = [
        ("image", before.size, after.size),
        ("compressed", before.compressed_size, after.compressed_size),
        ("wasted", before.wasted_size, after.wasted_size),
        *((kind.value, before.kinds[kind], after.kinds[kind]) for kind in OwnerKind),
    ]
    for name, first, second in figures:
        yield name, human(first), human(second), signed(second - first)


def _group(title: str, changes: Sequence[Change]) -> str:
    total = signed(sum(change.growth for change in changes))
    rows = [_row(change) for change in changes[:_SHOWN]]
    left = changes[_SHOWN:]
    rest = signed(sum(change.growth for change in left))
    more = f"\nand {len(left)} more with {rest}" if left else ""
    header = (f"{title} ({total})", "kind", "before", "after", "difference")
    return table(header, rows, right=(2, 3, 4)) + more


def _row(change: Change) -> tuple[str, ...]:
    before, after = change.before, change.after
    versions = [side.version for side in (before, after) if side and side.version]
    return (
        " ".join([change.name, " → ".join(dict.fromkeys(versions))]).rstrip(),
        change.kind.value,
        human(before.size) if before else "-",
        human(after.size) if after else "-",
        signed(change.growth),
    )
