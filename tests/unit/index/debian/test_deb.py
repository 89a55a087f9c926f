import gzip
import io
import lzma

import pytest
from tests.support.debian_archive import deb_of

from jettison.errors import IntegrityError, JettisonError
from jettison.images.entry import read_entries
from jettison.index.debian import read_deb

CONTROL = "Package: a\nVersion: 1\n"
FILES = {"./usr/": b"", "./usr/x": b"x" * 70_000, "./usr/link": "x"}


def read_all(content):
    deb = read_deb(io.BytesIO(content))
    return {
        read.entry.path: (read.entry.link, b"".join(read.chunks()))
        for read in read_entries(deb.data)
    }


@pytest.mark.parametrize(
    ("pack", "suffix"), [(lzma.compress, ".xz"), (gzip.compress, ".gz"), (bytes, "")]
)
def test_control_and_files_are_read(pack, suffix):
    deb = read_deb(io.BytesIO(deb_of(CONTROL, FILES, pack=pack, suffix=suffix)))
    assert deb.control == {"Package": "a", "Version": "1"}
    assert b"usr/x" in deb.control_files["md5sums"]
    found = {
        read.entry.path: (read.entry.link, b"".join(read.chunks()))
        for read in read_entries(deb.data)
    }
    assert found["usr/x"] == ("", b"x" * 70_000)
    assert found["usr/link"] == ("x", b"")


@pytest.mark.parametrize("keep", [0, 4, 40, 200, 400, 700, -20, -1])
def test_a_package_that_ends_early_is_refused(keep):
    whole = deb_of(CONTROL, {"./usr/x": bytes(range(256)) * 20})
    with pytest.raises(JettisonError):
        read_all(whole[:keep])


def test_what_is_not_a_package_is_refused_by_its_name():
    with pytest.raises(IntegrityError, match=r"x\.deb is not a Debian package"):
        read_deb(io.BytesIO(b"PK\3\4"), "x.deb")
    with pytest.raises(IntegrityError, match=r"x\.deb is not a whole Debian package"):
        read_deb(io.BytesIO(b"!<arch>\n" + b"?" * 60), "x.deb")


def test_damage_inside_is_found():
    whole = bytearray(deb_of(CONTROL, {"./usr/x": bytes(range(256)) * 20}))
    whole[-60] ^= 0xFF
    with pytest.raises(IntegrityError):
        read_all(bytes(whole))
