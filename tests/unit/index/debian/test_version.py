import shutil
import subprocess
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jettison.formats.debian_control import satisfies, version_key

ASCENDING = [
    "0~", "0", "0.0~a", "1.0~rc1-1", "1.0~rc1-1+b1", "1.0", "1.0-0.1", "1.0-1", "1.0-1+deb12u1",
    "1.0-1.1", "1.0a", "1.0+dfsg", "1.0+dfsg1", "1.0.1", "1.1", "1.9", "1.10", "2:0.5", "10:0",
]  # fmt: skip


@pytest.mark.parametrize(("lower", "higher"), list(pairwise(ASCENDING)))
def test_each_is_older_than_the_next(lower, higher):
    assert satisfies(lower, "<<", higher)
    assert satisfies(higher, ">=", lower)


@pytest.mark.parametrize(
    ("left", "right"), [("1.0", "0:1.0"), ("1.0", "1.0-0"), ("1.0", "1.00"), ("1a", "1a0")]
)
def test_spellings_of_one_version_are_equal(left, right):
    assert satisfies(left, "=", right)
    assert version_key(left) == version_key(right)


versions = st.from_regex(r"([0-9]:)?[0-9][0-9a-c.+~]{0,5}(-[0-9a-c.+~]{1,3})?", fullmatch=True)


@pytest.mark.skipif(shutil.which("dpkg") is None, reason="compares with dpkg")
@given(versions, versions)
@settings(max_examples=60)
def test_dpkg_agrees(left, right):
    for operator, word in (("<<", "lt"), ("=", "eq")):
        dpkg = subprocess.run(["dpkg", "--compare-versions", left, word, right], check=False)
        assert satisfies(left, operator, right) == (dpkg.returncode == 0)
