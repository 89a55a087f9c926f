from inspected import distribution, inspected

from jettison.contents.inspection import Change, compare, duplicates_of
from jettison.contents.stored_files import OwnerKind


def growths(changes: tuple[Change, ...]) -> list[tuple[str, int]]:
    return [(change.name, change.growth) for change in changes]


def test_owners_are_matched_by_name_whatever_their_version_and_spelling() -> None:
    before = inspected(
        {
            **distribution("Demo_Kit", "1", {"demo/a.py": b"x" * 100}),
            **distribution("gone", "1", {"gone/a.py": b"x" * 50}),
            "app/main.py": b"x",
        }
    )
    after = inspected(
        {
            **distribution("demo-kit", "2", {"demo/a.py": b"x" * 300}),
            **distribution("new", "1", {"new/a.py": b"x"}),
            "app/main.py": b"y",
        }
    )
    found = compare(before, after)
    assert growths(found.grew) == [("demo-kit", 200)]
    (change,) = found.grew
    assert change.before is not None
    assert change.after is not None
    assert (change.before.version, change.after.version) == ("1", "2")
    assert [change.name for change in found.only_before] == ["gone"]
    assert [change.name for change in found.only_after] == ["new"]
    assert found.same == 1


def test_growths_add_up_to_the_images_difference() -> None:
    before = inspected({"app/a": b"123", "tmp/x": b"1"}, {"app/a": b"12345"})
    after = inspected({"app/a": b"1", "srv/y": b"12"})
    found = compare(before, after)
    changes = (*found.grew, *found.shrank, *found.only_before, *found.only_after)
    assert sum(change.growth for change in changes) == after.size - before.size
    assert [change.kind for change in found.shrank] == [OwnerKind.APPLICATION]


def test_equal_files_are_grouped_the_most_wasteful_first() -> None:
    image = inspected({"a": b"xx", "b": b"xx", "c": b"xx", "d": b"12345", "e": b"12345", "f": b""})
    groups = duplicates_of(image.files)
    assert [(group.wasted, [one.file.path for one in group.files]) for group in groups] == [
        (5, ["d", "e"]),
        (4, ["a", "b", "c"]),
    ]


def test_a_hidden_file_is_no_duplicate() -> None:
    assert inspected({"a": b"xx"}, {"a": b"xx"}).duplicates == ()
