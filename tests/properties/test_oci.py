"""What holds for all images, layers and names."""

from __future__ import annotations

import io

from hypothesis import assume, given
from hypothesis import strategies as st
from image_oracle import validate
from images import AMD64, packed_layer
from msgspec.structs import replace

from jettison.images.config import Config
from jettison.images.digest import Compression
from jettison.images.entry import Entry, Kind, read_entries
from jettison.images.image import Image
from jettison.images.reference import Reference
from jettison.images.stream import Compressor, uncompressed_chunks
from jettison.images.tar_writer import Member, layer_tar

names = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1)
parts = names.filter(lambda name: name not in {".", ".."} and len(name.encode()) < 200)
paths = st.lists(parts, min_size=1, max_size=6).map("/".join)
numbers = st.integers(0, 2**33)


@st.composite
def members(draw: st.DrawFn) -> Member:
    kind = draw(st.sampled_from([Kind.FILE, Kind.DIRECTORY, Kind.SYMLINK]))
    content = draw(st.binary(max_size=2000)) if kind is Kind.FILE else b""
    entry = Entry(
        path=draw(paths),
        kind=kind,
        mode=draw(st.integers(0, 0o7777)),
        uid=draw(numbers),
        gid=draw(numbers),
        size=len(content),
        mtime=draw(st.integers(-(2**33), 2**36)),
        link=draw(paths) if kind is Kind.SYMLINK else "",
    )
    return Member(entry=entry, content=lambda: (content,))


layers = st.lists(members(), max_size=8, unique_by=lambda member: member.entry.path)
words = st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,2}", fullmatch=True)
tags = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}", fullmatch=True)


@given(layers)
def test_what_is_written_is_read(written: list[Member]) -> None:
    content = b"".join(layer_tar(written))
    found = {
        one.entry.path: (one.entry, b"".join(one.chunks()))
        for one in read_entries(io.BytesIO(content))
    }
    assert found == {one.entry.path: (one.entry, b"".join(one.content())) for one in written}


@given(layers, st.randoms())
def test_the_order_does_not_matter(written: list[Member], random: object) -> None:
    shuffled = list(written)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert b"".join(layer_tar(shuffled)) == b"".join(layer_tar(written))


@given(layers)
def test_every_layer_makes_a_valid_image(written: list[Member]) -> None:
    assert validate(Image.empty(AMD64).append(packed_layer(*written))) == ()


MAGIC = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd")


@given(st.lists(st.binary(max_size=5000)), st.sampled_from(Compression))
def test_joined_members_unpack_to_their_contents(
    contents: list[bytes], compression: Compression
) -> None:
    compressor = Compressor.default(compression)
    joined = b"".join(b"".join(compressor.member((content,))) for content in contents)
    # What is not compressed is told by its first bytes, and no tar begins as gzip or zstd do.
    assume(compression is not Compression.NONE or not joined.startswith(MAGIC))
    assert b"".join(uncompressed_chunks(io.BytesIO(joined))) == b"".join(contents)


@given(words, st.lists(words, min_size=1, max_size=3), tags)
def test_the_name_of_a_reference_reads_as_the_same(host: str, path: list[str], tag: str) -> None:
    reference = Reference(registry=f"{host}.example.com", repository="/".join(path), tag=tag)
    assert Reference.parse(str(reference)) == reference


@given(st.dictionaries(st.text(), st.text()), st.text(), st.lists(st.text(min_size=1)))
def test_a_setting_is_read_back_and_setting_it_again_changes_nothing(
    labels: dict[str, str], user: str, command: list[str]
) -> None:
    config = Config.empty(AMD64).with_execution(Labels=labels, User=user, Cmd=command)
    read = Config(content=config.content)
    assert (read.labels, read.user, list(read.command)) == (labels, user, command)
    assert read.with_execution(Labels=labels, User=user, Cmd=command) == config


@given(layers)
def test_times_do_not_change_the_tree(written: list[Member]) -> None:
    image = Image.empty(AMD64).append(packed_layer(*written))
    dated = [replace(one, entry=replace(one.entry, mtime=7)) for one in written]
    other = Image.empty(AMD64).append(packed_layer(*dated))
    shown = [replace(placed.entry, mtime=0) for placed in image.tree()]
    assert shown == [replace(placed.entry, mtime=0) for placed in other.tree()]
