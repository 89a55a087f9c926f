import pytest
from images import AMD64, opaque, packed_layer, whiteout
from tree_differences import Difference, compare_trees

from jettison.images.digest import Digest
from jettison.images.entry import Kind
from jettison.images.image import Image
from jettison.images.tar_writer import Member
from jettison.images.tree import FileTree

Members = tuple[Member, ...]


def tree(*layers: Members, digests: bool = False) -> FileTree:
    image = Image.empty(AMD64)
    for members in layers:
        image = image.append(packed_layer(*members))
    return image.tree(digests=digests)


BASE: Members = (
    Member.directory("a"),
    Member.file("a/one", b"1"),
    Member.file("a/two", b"22"),
    Member.symlink("lib", "usr/lib"),
    Member.directory("usr/lib"),
    Member.file("usr/lib/x.so", b"x"),
)


@pytest.mark.parametrize(
    ("upper", "gone", "there"),
    [
        ((whiteout("a/one"),), {"a/one"}, {"a", "a/two"}),
        ((whiteout("a"),), {"a", "a/one", "a/two"}, {"lib"}),
        ((whiteout("absent/deep"),), set(), {"a/one", "a/two"}),
        ((opaque("a"),), {"a/one", "a/two"}, {"a"}),
        ((opaque("a"), Member.file("a/one", b"9")), {"a/two"}, {"a", "a/one"}),
        ((whiteout("a"), Member.file("a/new", b"9")), {"a/one"}, {"a/new"}),
        ((Member.file("a", b"now a file"),), {"a/one", "a/two"}, {"a"}),
        ((Member.file("lib/y.so", b"y"),), {"lib"}, {"lib/y.so", "usr/lib/x.so"}),
        ((Member.file(".wh..wh.plnk", b""),), {".wh..wh.plnk"}, {"a/one"}),
    ],
)
def test_an_upper_layer_hides_what_is_below(
    upper: Members, gone: set[str], there: set[str]
) -> None:
    found = set(tree(BASE, upper).paths)
    assert not gone & found
    assert there <= found


def test_a_whiteout_leaves_what_its_own_layer_brings() -> None:
    found = tree(BASE, (Member.file("a/one", b"111"), whiteout("a/one")))
    assert found.paths["a/one"].entry.size == 3


def test_every_path_knows_its_layer() -> None:
    found = tree(BASE, (Member.file("a/two", b"new"),))
    assert {
        path: placed.layer for path, placed in found.paths.items() if path.startswith("a/")
    } == {
        "a/one": 0,
        "a/two": 1,
    }


def test_a_hard_link_is_the_file_it_names_and_its_bytes_count_once() -> None:
    members = (Member.file("z", b"12345"), Member.hard_link("a", "z"), Member.hard_link("b", "a"))
    found = tree(members)
    assert found.paths["a"].entry.kind is Kind.FILE
    assert found.paths["a"].entry.size == found.paths["b"].entry.size == 5
    assert found.paths["b"].linked_to == "z"


def test_a_hard_link_outlives_its_target() -> None:
    found = tree((Member.file("z", b"1"), Member.hard_link("a", "z")), (whiteout("z"),))
    assert list(found.paths) == ["a"]


def test_digests_are_known_when_asked_for() -> None:
    found = tree(BASE, digests=True)
    assert found.paths["a/one"].entry.digest == Digest.of(b"1")
    assert found.paths["a"].entry.digest is None


def test_equal_trees_of_other_layers_and_times_do_not_differ() -> None:
    halves = tree(tuple(member.dated(99) for member in BASE[:3]), BASE[3:], digests=True)
    assert compare_trees(tree(BASE, digests=True), halves) == ()


def test_differences_name_path_field_and_values() -> None:
    before = tree((Member.file("a", b"1"), Member.file("b", b"1"), Member.symlink("s", "a")))
    after = tree(
        (Member.file("a", b"1", mode=0o755), Member.file("c", b""), Member.symlink("s", "b"))
    )
    assert compare_trees(before, after) == (
        Difference(path="a", what="mode", before="644", after="755"),
        Difference(path="b", what="missing", before="file"),
        Difference(path="c", what="added", after="file"),
        Difference(path="s", what="link", before="a", after="b"),
    )


def test_contents_of_one_size_differ_by_digest() -> None:
    before = tree((Member.file("a", b"1"),), digests=True)
    after = tree((Member.file("a", b"2"),), digests=True)
    assert [one.what for one in compare_trees(before, after)] == ["digest"]
