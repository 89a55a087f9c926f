from fnmatch import fnmatchcase

from hypothesis import given
from hypothesis import strategies as st

from jettison.source import fits

TEXT = st.text(alphabet="ab.*?[]!-", max_size=6)


@given(name=TEXT, pattern=TEXT)
def test_names_fit_as_the_standard_library_says(name: str, pattern: str) -> None:
    assert fits(name, pattern) == fnmatchcase(name, pattern)
