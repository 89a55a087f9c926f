from collections.abc import Iterator

from inspected import distribution, inspected

from jettison.report.page import Area
from jettison.report.treemaps import by_layer, by_owner

LARGE = b"x" * 100_000


def within(area: Area) -> Iterator[Area]:
    yield area
    for part in area.parts:
        yield from within(part)


def test_parts_are_as_large_as_their_whole_in_both_views() -> None:
    image = inspected(
        {**distribution("demo", "1", {"demo/a.py": LARGE, "demo/b.py": b"1"}), "etc/x": LARGE},
        {"etc/x": LARGE, "app/small": b"1"},
        base=1,
    )
    for area in (by_owner(image), by_layer(image)):
        assert area.size == image.size
        assert area.wasted == image.wasted_size
        for inner in within(area):
            assert not inner.parts or sum(part.size for part in inner.parts) == inner.size


def test_owners_lead_to_the_folders_of_their_files() -> None:
    image = inspected(distribution("demo", "1", {"demo/data/a.bin": LARGE, "demo/data/b": LARGE}))
    area = by_owner(image)
    names = []
    while area.parts:
        area = area.parts[0]
        names.append(area.name)
    site = "usr/local/lib/python3.13/site-packages/"
    assert names == ["distribution", "demo 1", site, "demo/data/", "a.bin"]


def test_what_is_too_small_to_be_seen_becomes_one_area() -> None:
    files = {f"app/{number}": b"x" for number in range(1000)}
    image = inspected({**files, "app/large": LARGE * 100})
    names = [area.name for area in within(by_owner(image))]
    assert "1000 smaller" in names
    assert len(names) < 10
