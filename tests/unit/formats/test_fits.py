from fnmatch import fnmatchcase

from hypothesis import example, given
from hypothesis import strategies as st

from jettison.formats import fits

TEXT = st.text(alphabet="ab.*?[]!-", max_size=6)


@example(name="", patterns=("**",))
@given(name=TEXT, patterns=st.lists(TEXT, max_size=4).map(tuple))
def test_names_fit_as_the_standard_library_says(name: str, patterns: tuple[str, ...]) -> None:
    assert fits(name, patterns) == any(fnmatchcase(name, one) for one in patterns)
