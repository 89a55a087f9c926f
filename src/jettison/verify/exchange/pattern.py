"""What several answers to one request have in common, and where they vary. Pure."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence

from msgspec import Struct

from jettison.values import by_key
from jettison.verify.exchange.kinds import Template, template
from jettison.verify.exchange.times import Distance, steady
from jettison.verify.workload import Json, inner, kind_of, same, short, written

Sample = tuple[Json, float]
"""A document, or a value of it, and when its answer came."""

_RANDOM = re.compile(
    r"(?i:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})|\b(?i:(?=[0-9a-f]*\d)[0-9a-f]{12,})\b"
)
_SHOWN = 4  # of what parts of a text are
_NUMBER = re.compile(r"\d+")
# What documents have in place of values, and why.
_WORDS = (
    (re.compile(r"<time of a file such as "), "the time of a file", "building sets"),
    (re.compile(r"^<measured>$"), "a number", "is measured, by its name"),
    (re.compile(r"^<counted>$"), "a number", "is of one of several processes"),
    (re.compile(r"<(iso|compact|web) time of the run,|<time in "), "a time", "follows the clock"),
    (re.compile(r"<day [+-]\d+>"), "a date", "follows the clock"),
    (re.compile(r"<address>"), "an address", "is of the network of the run"),
)
VARIES = "varies in the baseline"


class Fixed(Struct, frozen=True, kw_only=True):
    """A value that every run gave."""

    value: Json


class Text(Struct, frozen=True, kw_only=True):
    """Texts of one form."""

    form: Template
    example: str


class Number(Struct, frozen=True, kw_only=True):
    """Any number; a whole one where all were, and a time as far from the answer as it was.

    ``about`` is what the length of random content is near to, such as that of a key.
    """

    whole: bool
    distance: Distance | None = None
    about: int | None = None


class Truth(Struct, frozen=True, kw_only=True):
    """True or false."""


class Fields(Struct, frozen=True, kw_only=True):
    """An object of keys that are always there, ``named``, and ``optional`` ones.

    ``keyed`` are keys that are never the same ones: their form, how many, and the values.
    """

    named: Mapping[str, Pattern]
    optional: Mapping[str, Pattern]
    keyed: tuple[tuple[Text, int, Pattern], ...] = ()


class Items(Struct, frozen=True, kw_only=True):
    """A list of as many elements; ``sorted`` when only their order varies."""

    items: tuple[Pattern, ...]
    sorted: bool = False


class Several(Struct, frozen=True, kw_only=True):
    """A list of any length: elements that are always there, and others that are like each other."""

    always: tuple[Json, ...]
    others: Pattern


class Series(dict[str, Json]):
    """What a page of metrics says of one family, by sample.

    Which ones there are tells which requests came to the process that answered.
    """


class Loose(Struct, frozen=True, kw_only=True):
    """Any object."""


class Choice(Struct, frozen=True, kw_only=True):
    """One of several, as where a value is sometimes null."""

    options: tuple[Pattern, ...]


Pattern = Fixed | Text | Number | Truth | Fields | Loose | Items | Several | Choice


def common(samples: Sequence[Sample]) -> Pattern:
    """Find what at least one sample has in common with all others."""
    values = [value for value, _ in samples]
    if all(same(values[0], value) for value in values):
        return Fixed(value=values[0])
    kinds = sorted({kind_of(value) for value in values})
    if len(kinds) > 1:
        return choice(samples, kind_of)
    makers: Mapping[str, Callable[[Sequence[Sample]], Pattern]] = {
        "object": _fields,
        "list": _items,
        "text": _text,
        "number": _number,
    }
    return makers[kinds[0]](samples) if kinds[0] in makers else Truth()


def choice(samples: Sequence[Sample], told: Callable[[Json], Hashable]) -> Choice:
    """Find what samples have in common that are told apart by something."""
    groups = by_key((told(one[0]), one) for one in samples)
    return Choice(options=tuple(map(common, groups.values())))


def _text(samples: Sequence[Sample]) -> Text:
    return Text(form=template(samples), example=samples[0][0])


def _number(samples: Sequence[Sample]) -> Number:
    return Number(whole=all(isinstance(one, int) for one, _ in samples), distance=steady(samples))


def _fields(samples: Sequence[Sample]) -> Fields | Loose:
    everywhere = set.intersection(*(set(value) for value, _ in samples))
    rest = [[(key, at) for key in value if key not in everywhere] for value, at in samples]
    if any(rest) and all(isinstance(value, Series) for value, _ in samples):
        return Loose()
    keyed, optional = _keyed(samples, rest), {}
    if rest and not keyed:
        names = dict.fromkeys(key for row in rest for key, _ in row)
        optional = {name: common(_under(samples, name)) for name in names}
    named = {name: common(_under(samples, name)) for name in sorted(everywhere)}
    match named:
        case {"sha256": Text(), "bytes": Fixed(value=int(length))}:
            # by chance alone all runs gave one length
            named["bytes"] = Number(whole=True, about=length)
    return Fields(named=named, optional=optional, keyed=keyed)


def _under(samples: Sequence[Sample], name: str) -> list[Sample]:
    return [(value[name], at) for value, at in samples if name in value]


def _keyed(
    samples: Sequence[Sample], rest: Sequence[Sequence[tuple[str, float]]]
) -> tuple[tuple[Text, int, Pattern], ...]:
    """Give the form of keys that no two runs share, where every run has as many of each form."""
    met = [key for row in rest for key, _ in row]
    shapes = [Counter(shape_of(key) for key, _ in row) for row in rest]
    if not met or len(met) != len(set(met)) or any(shape != shapes[0] for shape in shapes):
        return ()
    under = {key: (value[key], at) for value, at in samples for key in value}
    alike = by_key((shape_of(key), (key, at)) for row in rest for key, at in row)
    found = []
    for shape, count in shapes[0].items():
        keys = alike[shape]
        values = [under[key] for key, _ in keys]
        found.append((Text(form=template(keys), example=keys[0][0]), count, common(values)))
    return tuple(found)


def _items(samples: Sequence[Sample]) -> Items | Several:
    rows = [value for value, _ in samples]
    if len({len(row) for row in rows}) > 1:
        return _several(samples)
    if len(rows[0]) == 1:
        return Items(items=_columns(samples, rows))
    # what all have at one place says nothing of an order
    varying = [column for column in zip(*rows, strict=True) if not _alike(column)]
    blurred = [[_blurred(one) for one in row] for row in zip(*varying, strict=True)]
    moved = any(row != blurred[0] for row in blurred)
    if moved and all(sorted(row) == sorted(blurred[0]) for row in blurred):
        rows = [ordered(row) for row in rows]
        return Items(items=_columns(samples, rows), sorted=True)
    return Items(items=_columns(samples, rows))


def _several(samples: Sequence[Sample]) -> Several:
    counts = [Counter(map(written, value)) for value, _ in samples]
    shared = counts[0]
    for count in counts[1:]:
        shared &= count
    others = [(one, at) for value, at in samples for one in without(value, shared)]
    return Several(
        always=tuple(json.loads(one) for one in shared.elements()), others=common(others)
    )


def without(value: Sequence[Json], left: Counter[str]) -> Iterator[Json]:
    """Give the elements that remain when others are taken away."""
    left = left.copy()
    for one in value:
        text = written(one)
        if left[text]:
            left[text] -= 1
        else:
            yield one


def _columns(samples: Sequence[Sample], rows: Sequence[Sequence[Json]]) -> tuple[Pattern, ...]:
    moments = [at for _, at in samples]
    columns = zip(*rows, strict=True)
    return tuple(
        Fixed(value=one[0]) if _alike(one) else common(list(zip(one, moments, strict=True)))
        for one in columns
    )


def _alike(column: Sequence[Json]) -> bool:
    """Tell whether all are one text: most elements are lines of a page, that never vary."""
    return isinstance(column[0], str) and column.count(column[0]) == len(column)


def _blurred(value: Json) -> str:
    return _RANDOM.sub("<>", written(value))


def shape_of(key: str) -> str:
    """Put the same in place of numbers in a key, and of all that looks random."""
    return _NUMBER.sub("<>", _RANDOM.sub("<>", key))


def ordered(row: Sequence[Json]) -> list[Json]:
    """Sort elements by what of them does not look random."""
    return sorted(row, key=_blurred)


def name_of(pattern: Pattern) -> str:
    """Say in a few words what fits."""
    match pattern:
        case Text(form=form):
            more = len(form.kinds) - _SHOWN
            return ", ".join((*form.kinds[:_SHOWN], *([f"{more} more"] if more > 0 else ())))
        case Number(whole=whole, distance=distance):
            return f"a {'whole ' * whole}number{' that is a time' if distance else ''}"
        case Fixed(value=value):
            return short(value)
        case Fields() | Loose():
            return "an object"
        case Items() | Several():
            return "a list"
        case _:
            return "true or false"


class Mask(Struct, frozen=True, kw_only=True):
    """A place of which only the kind is compared, because the baseline itself varies there."""

    place: str
    kind: str
    why: str = VARIES


def masks(pattern: Pattern, place: str = "") -> Iterator[Mask]:
    """Name the places where the baseline varies, and what may stand there."""
    match pattern:
        case Text() | Number() | Truth():
            yield Mask(place=place, kind=name_of(pattern))
        case Loose():
            yield Mask(place=place, kind="series that are not always there")
        case Choice(options=options):
            yield Mask(place=place, kind=" or ".join(map(name_of, options)))
        case Fixed(value=value):
            yield from _known(value, place)
        case Fields():
            yield from _field_masks(pattern, place)
        case Items():
            yield from _item_masks(pattern, place)
        case Several(others=others):
            yield Mask(place=place, kind="a list whose length varies")
            yield Mask(place=f"{place}[*]", kind=name_of(others))


def _known(value: Json, place: str) -> Iterator[Mask]:
    """Name what a document has already in place of a value."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _known(one, inner(place, name))
    elif isinstance(value, list):
        for one in value:
            yield from _known(one, f"{place}[*]")
    elif isinstance(value, str):
        for word, kind, why in _WORDS:
            if word.search(value):
                yield Mask(place=place, kind=kind, why=why)


def _field_masks(pattern: Fields, place: str) -> Iterator[Mask]:
    for name, one in (*pattern.named.items(), *pattern.optional.items()):
        yield from masks(one, inner(place, name))
    for name in pattern.optional:
        yield Mask(place=inner(place, name), kind="a key that is not always there")
    for form, _, one in pattern.keyed:
        yield Mask(place=f"{place}.*", kind=name_of(form))
        yield from masks(one, f"{place}.*")


def _item_masks(pattern: Items, place: str) -> Iterator[Mask]:
    if pattern.sorted:
        yield Mask(place=place, kind="a list whose order varies")
    for one in pattern.items:
        yield from masks(one, f"{place}[*]")
