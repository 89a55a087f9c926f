import io

from archives import layer_tar
from hypothesis import given
from hypothesis import strategies as st
from images import AMD64, packed_layer, whiteout
from inspected import inspected

from jettison.contents.measurement import LayerContents, read_contents
from jettison.contents.stored_files import How, StoredFile, stored_files
from jettison.images.image import Image
from jettison.images.tar_writer import Member


def contents(files: dict[str, bytes]) -> LayerContents:
    return read_contents(io.BytesIO(layer_tar(files)))


def fates(*layers: dict[str, bytes]) -> dict[tuple[str, int], tuple[int, How] | None]:
    return {
        (one.path, one.layer): (one.hidden.layer, one.hidden.how) if one.hidden else None
        for one in stored_files([contents(files) for files in layers])
    }


def test_a_file_that_a_later_layer_writes_again_is_overwritten() -> None:
    assert fates({"a": b"1"}, {}, {"a": b"2"}) == {
        ("a", 0): (2, How.OVERWRITTEN),
        ("a", 2): None,
    }


def test_a_file_is_deleted_with_itself_its_folder_or_by_a_file_in_its_place() -> None:
    low = {"d/": b"", "d/x": b"1", "e/": b"", "e/x": b"1", "f/": b"", "f/x": b"1"}
    found = fates(low, {"d/.wh.x": b"", "e/.wh..wh..opq": b"", "f": b"now a file"})
    assert found["d/x", 0] == found["e/x", 0] == found["f/x", 0] == (1, How.DELETED)


def test_a_file_that_is_written_twice_and_then_deleted_is_wasted_twice() -> None:
    assert fates({"a": b"1"}, {"a": b"2"}, {".wh.a": b""}) == {
        ("a", 0): (1, How.OVERWRITTEN),
        ("a", 1): (2, How.DELETED),
    }


def test_a_second_name_stores_nothing_and_keeps_the_bytes_alive() -> None:
    image = Image.empty(AMD64)
    for members in (
        (Member.file("z", b"12345"), Member.hard_link("b", "z")),
        (whiteout("z"),),
    ):
        image = image.append(packed_layer(*members))
    read = [read_contents(layer.open()) for layer in image.layers]
    (only,) = stored_files(read)
    assert (only.path, only.size, only.hidden) == ("z", 5, None)


PATHS = st.sampled_from(["a", "b", "d/x", "d/y", "d/e/z", "d/.wh.x", ".wh.a", ".wh.d"])
LAYERS = st.lists(st.dictionaries(PATHS, st.binary(max_size=9)), min_size=1, max_size=5)


@given(LAYERS)
def test_every_byte_has_an_owner_whatever_the_layers_do(layers: list[dict[str, bytes]]) -> None:
    image = inspected(*layers)
    assert sum(one.file.size for one in image.files) == image.size
    assert sum(share.size for share in image.owners) == image.size
    assert sum(image.kinds.values()) == image.size
    assert sum(layer.wasted for layer in image.layers) == image.wasted_size


def test_digests_are_known() -> None:
    found: list[StoredFile] = list(stored_files([contents({"a": b"1", "b": b"1"})]))
    assert found[0].digest == found[1].digest is not None
