import base64
import zlib

import pytest

from jettison.formats.compiled import Names

NAMES = Names(
    ("array", "zoneinfo", "zoneinfo._zoneinfo", "pandas", "pandas._libs", "pandas._libs.tslibs",
     "pandas._libs.tslibs.np_datetime", "pandas._libs.tslibs.parsing", "datetime", "glob")
)  # fmt: skip
# The texts of a module, as Cython 3.3 packs them: made with `Cython.LZSS.lzss_compress`.
PACKED = base64.b85decode(
    "{~%~#b0BVSApc=>baH88b#(t_AVXnpZf|t|AY*TCc4cyO{~&Z|WgvE8Y~OWdAa7;}0%3B$XLW65Zgdq9a^Gchb!>DQ4"
    "pmhDLtkHTd3axS|88(;V{2?>U;jmJb!}gIZ*JdZX>Mk3Wdn0*|8H(&VRU75X|`Jca9;xjaA6YwbN?=1Y-wV1E_9i50|5X"
    "KE^a6XPX#UjSOx"
)
TEXTS = (
    b" has no attribute Cannot convert the value of the argument Cannot convert the result of the "
    b"argument UTC__pyx_unpickle_Enum_zoneinfoconversiondatetimenp_datetimepandas._libs.tslibs"
    b"pandas._libs.tslibs.np_datetimezoneinfo._zoneinfo"
)
HELD = {
    "datetime",
    "np_datetime",
    "pandas",
    "_libs",
    "pandas._libs",
    "tslibs",
    "pandas._libs.tslibs",
    "pandas._libs.tslibs.np_datetime",
    "zoneinfo",
    "zoneinfo._zoneinfo",
}
CODE = b"\x7fELF" + bytes(12)


@pytest.mark.parametrize(
    "content",
    [
        CODE + b"_cython_3_2_4\0" + zlib.compress(TEXTS, 9) + bytes(40),
        CODE + b"_cython_3_3_1\0\0\0" + PACKED + bytes(36)
        + b"LZSS string data decompression failed\0",
        CODE + b"_cython_3_2_4\0" + TEXTS + b"\0",
        CODE + b"/rustc/9fc6b43126469e3858e2fe86cafb4f0fd5068869/core\0" + TEXTS,
    ],
    ids=["zlib", "Cython's own", "not packed", "Rust"],
)  # fmt: skip
def test_modules_are_found_in_texts_without_ends(content: bytes) -> None:
    assert NAMES.glued(content, "pandas._libs.tslibs") == HELD


def test_words_that_stand_alone_are_whole() -> None:
    content = CODE + b"\0zoneinfo\0subarrays\0`glob\0pandas._libs\0"
    found = NAMES.found_in(content, "")
    assert {"zoneinfo", "pandas._libs"} <= found
    assert not {"array", "glob", "pandas"} & found


@pytest.mark.parametrize("size", [0, 1, 2, 30, 157])
def test_a_broken_text_names_what_is_left_of_it(size: int) -> None:
    end = b"LZSS string data decompression failed"
    for packed in (PACKED, zlib.compress(TEXTS)):
        found = NAMES.glued(b"_cython_3_3_1\0\0\0" + packed[:size] + end, "")
        assert found <= HELD
