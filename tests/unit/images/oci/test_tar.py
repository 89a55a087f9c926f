import io
import tarfile

import pytest
from msgspec.structs import replace

from jettison.errors import ImageError, IntegrityError
from jettison.images.entry import Entry, Kind, read_entries
from jettison.images.tar_writer import Member, layer_tar

LONG = "/".join(["directory-of-some-length"] * 12) + "/file"


def written(*members: Member) -> bytes:
    return b"".join(layer_tar(members))


def read(content: bytes) -> list[tuple[Entry, bytes]]:
    return [(one.entry, b"".join(one.chunks())) for one in read_entries(io.BytesIO(content))]


def python_reads(content: bytes) -> list[tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        return tar.getmembers()


def test_the_order_of_members_does_not_matter() -> None:
    members = [Member.directory("a"), Member.file("a/b", b"1"), Member.symlink("c", "a/b")]
    assert written(*members) == written(*members[::-1])


@pytest.mark.parametrize(
    "member",
    [
        Member.file("a", b"x" * 1000, mode=0o4755).owned(1000, 1000).dated(1_700_000_000),
        Member.file("empty", b""),
        Member.file("exactly-a-block", b"x" * 512),
        Member.directory("d", mode=0o1777),
        Member.symlink("s", "../" + LONG),
        Member.file(LONG, b"deep"),
        Member.file("n" * 200, b"long name"),
        Member.file("p/" * 50 + "n" * 99, b"in prefix and name"),
        Member.file("é/ü", b"unicode"),
        Member.file("not-\udcff-utf8", b"bytes"),
        Member.file("big-owner", b"").owned(3_000_000, 4_000_000),
        Member.file("old", b"").dated(-5),
    ],
    ids=lambda member: member.entry.path[:20].encode("utf-8", "replace").decode(),
)
def test_an_entry_is_read_back_by_us_and_by_python(member: Member) -> None:
    content = written(member)
    ((entry, body),) = read(content)
    assert entry == member.entry
    assert body == b"".join(member.content())
    (found,) = python_reads(content)
    assert found.name == member.entry.path
    assert (found.uid, found.gid, found.mode) == (entry.uid, entry.gid, entry.mode)
    assert (found.uname, found.gname) == ("", "")


def test_extended_attributes_are_kept() -> None:
    plain = Member.file("ping", b"x")
    xattrs = (("security.capability", b"\x01\x00\n=\xff"), ("user.a", b"b"))
    member = replace(plain, entry=replace(plain.entry, xattrs=xattrs))
    assert read(written(member))[0][0].xattrs == xattrs


def test_an_attribute_that_no_system_sets_is_refused() -> None:
    plain = Member.file("ping", b"x")
    xattrs = (("user.a", b"b" * 65_537),)
    with pytest.raises(IntegrityError):
        read(written(replace(plain, entry=replace(plain.entry, xattrs=xattrs))))


def test_what_is_said_for_all_entries_counts_for_none_as_in_engines() -> None:
    said = {"path": "other", "SCHILY.xattr.user.a": "b"}
    header = tarfile.TarInfo().create_pax_global_header(said)
    ((entry, body),) = read(header + written(Member.file("ping", b"x")))
    assert (entry.path, entry.xattrs, body) == ("ping", (), b"x")


def test_devices_and_fifos_are_read_back() -> None:
    entries = [
        Entry(path="null", kind=Kind.CHARACTER_DEVICE, mode=0o666, device=(1, 3)),
        Entry(path="pipe", kind=Kind.FIFO, mode=0o600),
        Entry(path="sda", kind=Kind.BLOCK_DEVICE, mode=0o660, device=(8, 0)),
    ]
    content = written(*(Member(entry=entry) for entry in entries))
    assert [entry for entry, _ in read(content)] == entries


def test_a_hard_link_comes_after_its_target() -> None:
    content = written(Member.hard_link("a", "z"), Member.file("z", b"1"))
    assert [entry.path for entry, _ in read(content)] == ["z", "a"]


def test_a_path_twice_is_refused() -> None:
    with pytest.raises(ImageError, match="a/b twice"):
        written(Member.file("a/b", b""), Member.directory("a/b"))


@pytest.mark.parametrize("size", [2, 4])
def test_a_file_that_changed_while_it_was_read_is_refused(size: int) -> None:
    member = Member.file("a", b"abc")
    with pytest.raises(IntegrityError, match="a changed while it was read"):
        written(replace(member, entry=replace(member.entry, size=size)))


@pytest.mark.parametrize("path", ["../a", "a/../../b", "/a/..", "a/\0b"])
def test_a_path_that_leaves_the_root_is_refused(path: str) -> None:
    with pytest.raises(ImageError, match="is outside the image's root"):
        Member.file(path, b"")


def test_reading_refuses_a_path_that_leaves_the_root() -> None:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        tar.addfile(tarfile.TarInfo("a/../../etc/passwd"))
    with pytest.raises(ImageError, match="is outside the image's root"):
        read(content.getvalue())


def test_the_usual_forms_of_a_path_are_one() -> None:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        for name in ("./", "./a", "/b", "c//d", "e/."):
            found = tarfile.TarInfo(name)
            found.type = tarfile.DIRTYPE
            tar.addfile(found)
    assert [entry.path for entry, _ in read(content.getvalue())] == ["", "a", "b", "c/d", "e"]


def test_gnu_long_names_are_read() -> None:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.GNU_FORMAT) as tar:
        tar.addfile(tarfile.TarInfo(LONG))
    assert read(content.getvalue())[0][0].path == LONG


def test_holes_of_a_sparse_file_are_filled() -> None:
    records = {"GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.name": "sparse"}
    records |= {"GNU.sparse.size": "10", "GNU.sparse.map": "4,3,10,0"}
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.PAX_FORMAT) as tar:
        found = tarfile.TarInfo("GNUSparseFile.0/sparse")
        found.pax_headers = records
        found.size = 3
        tar.addfile(found, io.BytesIO(b"abc"))
    ((entry, body),) = read(content.getvalue())
    assert (entry.path, entry.size, body) == ("sparse", 10, b"\0\0\0\0abc\0\0\0")


def test_contents_that_are_not_wanted_are_passed_over() -> None:
    content = written(Member.file("a", b"x" * 100_000), Member.file("b", b"y"))
    assert [one.entry.path for one in read_entries(io.BytesIO(content))] == ["a", "b"]


def test_an_empty_layer_has_no_entries() -> None:
    assert read(written()) == []
    assert read(b"") == []


@pytest.mark.parametrize("cut", [100, 700, 1500])
def test_a_tar_that_ends_early_is_refused(cut: int) -> None:
    content = written(Member.file("a", b"x" * 1000), Member.file("b", b"y" * 1000))
    with pytest.raises(IntegrityError):
        read(content[:cut])
