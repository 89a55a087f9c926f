"""HTML files with treemaps: what an optimization came to, and what an image holds."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape

from msgspec import Struct, field

from jettison.contents.inspection import InspectedLayer, Inspection, OwnedFile
from jettison.contents.measurement import ImageMeasurement
from jettison.contents.stored_files import OwnerKind
from jettison.plan import FileChange, FileKind
from jettison.plan.system_leaving import left_in
from jettison.report import SAVING
from jettison.report.inspection_text import LARGEST_OWNERS, heading, share
from jettison.report.page import Area, page, tabulated
from jettison.report.plan_text import named
from jettison.report.result_text import Result, compared_figures, savings, summary
from jettison.report.verdict_text import conclusion
from jettison.values import by_key, human, replace, sized
from jettison.verify import CheckResult, Outcome

# What Debian declares counts documentation that images leave out.
_NAMES = {
    OwnerKind.DISTRIBUTION: "distributions",
    OwnerKind.DEBIAN_PACKAGE: "Debian packages, by the size that they declare",
}
_MARKS = {"+": "add", "-": "gone"}
# An area below this share of the whole is not worth a node of its own.
_SMALLEST_SHARE = 1 / 5000
_INSTRUCTION_WIDTH = 80


def result_html(result: Result, *, where: str, diff: bool = True, verbose: bool = True) -> str:
    """Give the page, which always has all of it; it loads nothing and runs from disk."""
    del diff, verbose
    before = result.reference or "before"
    images = {before.capitalize(): result.before, "After": result.after}
    return page(
        title=f"{named(result.plan)} at -O{result.plan.level}",
        heading=where,
        summary=_summary(result, images),
        views={name: _contents(name, image) for name, image in images.items()},
        legend=((kind.value, name) for kind, name in _NAMES.items()),
        sections=_sections(result, before),
    )


def _summary(result: Result, images: dict[str, ImageMeasurement]) -> str:
    verdict = result.verdict
    kind = "good" if verdict.equivalent else "bad" if verdict.differences else ""
    largest = max(image.size.bytes for image in images.values()) or 1
    bars = "\n".join(
        f"<span>{escape(name)}</span><b>{human(image.size.bytes)}</b>"
        f'<i style="width:{100 * image.size.bytes / largest:.1f}%"></i>'
        for name, image in images.items()
    )
    return (
        f'<p class="verdict {kind}">{escape(conclusion(verdict))}</p>\n'
        f'<div class="bars">\n{bars}\n</div>\n<p>{escape(summary(result))}</p>'
    )


def _contents(name: str, image: ImageMeasurement) -> Area:
    """Nest what lists of software know of an image; what they do not is the rest."""
    distributions = _kind(
        OwnerKind.DISTRIBUTION,
        ((f"{one.name} {one.version}", one.size.bytes) for one in image.distributions),
    )
    packages = _kind(
        OwnerKind.DEBIAN_PACKAGE,
        ((f"{one.name} {one.version}", one.size.bytes) for one in image.debian_packages),
    )
    known = distributions.size + packages.size
    size = max(0, image.size.bytes - known)
    rest = Area(name="interpreter, application and all else", size=size)
    parts = sorted((distributions, packages, rest), key=lambda part: -part.size)
    return Area.of(name, parts)


def _kind(kind: OwnerKind, sizes: Iterable[tuple[str, int]]) -> Area:
    ordered = sorted(sizes, key=lambda pair: -pair[1])
    parts = (Area(name=name, size=size, kind=kind) for name, size in ordered if size)
    return Area.of(_NAMES[kind], parts, kind)


def _sections(result: Result, before: str) -> Iterator[str]:
    header, rows = compared_figures(result)
    yield tabulated("Images", header, rows, right=range(1, len(header)))
    changes = [(rule, sized(saving), message) for rule, saving, message in savings(result)]
    yield tabulated("Optimizations", SAVING, changes, right=(1,))
    advice = [(one.rule, one.message) for one in result.plan.findings if not one.applied]
    if advice:
        yield tabulated("Needs review", ("rule", "what"), advice, right=())
    compared = (
        (one.name, one.outcome.value, one.before, one.after, _message(one))
        for one in result.verdict.checks
    )
    columns = ("check", "result", before, "after", "what was compared")
    yield tabulated("Checks", columns, compared, right=())
    kept = [(human(one.bytes), one.what, one.why) for one in left_in(result.plan)]
    if kept:
        yield tabulated("Kept", ("size", "what", "because"), kept, right=(0,))
    if result.plan.files:
        yield "<h2>Changes of files</h2>"
    yield from map(_diff, sorted(result.plan.files, key=lambda one: one.kind is FileKind.CREATE))


def _message(check: CheckResult) -> str:
    different = check.outcome is Outcome.DIFFERENT
    return "; ".join((check.message, *(check.reported if different else ())))


def _diff(change: FileChange) -> str:
    def line(text: str) -> str:
        mark = "" if text.startswith(("+++", "---")) else _MARKS.get(text[:1], "")
        return f'<span class="{mark}">{escape(text)}</span>' if mark else escape(text)

    lines = "\n".join(map(line, change.diff().splitlines()))
    shown = " open" if change.kind is FileKind.MODIFY else ""
    title = f"<summary>{change.kind.value} {escape(change.path)}</summary>"
    return f"<details{shown}>{title}\n<pre>{lines}</pre></details>"


class _Folder(Struct):
    folders: dict[str, _Folder] = field(default_factory=dict)
    files: list[Area] = field(default_factory=list)


def by_owner(image: Inspection) -> Area:
    """Nest kinds, owners and the paths of their files."""
    whole = image.size

    def kind(name: str, files: list[OwnedFile]) -> Area:
        owners = _groups(files, lambda one: str(one.owner))
        return _joined(name, (_paths(owner, own, whole) for owner, own in owners), whole)

    kinds = _groups(image.files, lambda one: one.owner.kind.value)
    return _joined(image.name, (kind(name, files) for name, files in kinds), whole)


def by_layer(image: Inspection) -> Area:
    """Nest layers and the paths of their files."""
    names = [_layer_name(index, layer) for index, layer in enumerate(image.layers)]

    layers = _groups(image.files, lambda one: names[one.file.layer])
    return _joined(image.name, (_paths(*layer, image.size) for layer in layers), image.size)


def _layer_name(index: int, layer: InspectedLayer) -> str:
    made_by = " ".join(layer.created_by.split())[:_INSTRUCTION_WIDTH]
    return f"layer {index}{' (base)' if layer.base else ''} {made_by}".rstrip()


def _groups(
    files: Iterable[OwnedFile], key: Callable[[OwnedFile], str]
) -> Iterable[tuple[str, list[OwnedFile]]]:
    groups = by_key((key(one), one) for one in files)
    return groups.items()


def _paths(name: str, files: Iterable[OwnedFile], whole: int) -> Area:
    root = _Folder()
    for one in files:
        folder = root
        head, _, last = one.file.path.rpartition("/")
        for part in filter(None, head.split("/")):
            folder = folder.folders.setdefault(part, _Folder())
        folder.files.append(_leaf(one, last))
    return _joined(name, _within(root, "", whole), whole)


def _leaf(one: OwnedFile, name: str) -> Area:
    wasted = one.file.size if one.file.hidden else 0
    return Area(name=name, size=one.file.size, wasted=wasted, kind=one.owner.kind)


def _within(folder: _Folder, prefix: str, whole: int) -> Iterator[Area]:
    yield from folder.files
    for name, inner in folder.folders.items():
        path = posixpath.join(prefix, name)
        if len(inner.folders) == 1 and not inner.files:
            # a folder with nothing but one folder is shown as one with it
            yield from _within(inner, path, whole)
        else:
            yield _joined(f"{path}/", _within(inner, "", whole), whole)


def _joined(name: str, parts: Iterable[Area], whole: int) -> Area:
    """Make an area of its parts; those too small to be seen become one."""
    ordered = sorted(parts, key=lambda part: (-part.size, part.name))
    shown = [part for part in ordered if part.size >= whole * _SMALLEST_SHARE]
    small = [part for part in ordered[len(shown) :] if part.size]
    rest = [_sum(f"{len(small)} smaller", small)] if small else []
    total = _sum(name, ordered)
    return replace(total, parts=(*shown, *rest)) if shown else total


def _sum(name: str, parts: Sequence[Area]) -> Area:
    kinds = {part.kind for part in parts}
    total = Area.of(name, parts, kinds.pop() if len(kinds) == 1 else None)
    return replace(total, parts=())


def inspection_html(image: Inspection) -> str:
    """Give the page; it loads nothing and runs from disk."""
    return page(
        title=image.name,
        heading=heading(image),
        views={"By owner": by_owner(image), "By layer": by_layer(image)},
        legend=_legend(image),
        sections=(_owners(image), _layers(image)),
    )


def _legend(image: Inspection) -> Iterator[tuple[str, str]]:
    for kind in OwnerKind:
        if image.kinds[kind]:
            yield kind.value, f"{kind.value} {human(image.kinds[kind])}"
    if image.wasted:
        yield "wasted", f"wasted {human(image.wasted_size)}"


def _owners(image: Inspection) -> str:
    rows = (
        (
            str(one.owner),
            one.owner.kind.value,
            human(one.size),
            share(one.size, image.size),
            human(one.wasted) if one.wasted else "",
            ", ".join(map(str, one.layers)),
        )
        for one in image.owners[:LARGEST_OWNERS]
    )
    header = ("The largest owners", "kind", "size", "share", "wasted", "in layers")
    return tabulated("Owners", header, rows, right=(2, 3, 4))


def _layers(image: Inspection) -> str:
    rows = (
        (
            str(index),
            "base" if one.base else "",
            human(one.size),
            human(one.compressed_size),
            human(one.wasted) if one.wasted else "",
            one.created_by,
        )
        for index, one in enumerate(image.layers)
    )
    header = ("layer", "", "size", "compressed", "wasted", "made by")
    return tabulated("Layers", header, rows, right=(0, 2, 3, 4))
