import pytest

from jettison.errors import ProjectError
from jettison.formats.requirements import load


def test_includes_are_read_once_relative_to_their_file() -> None:
    files = {
        "requirements/prod.txt": "-r base.txt\n-c ../constraints.txt\ngunicorn\n",
        "requirements/base.txt": "-r prod.txt\nflask\n-r https://host.example/more.txt\n",
        "constraints.txt": "flask<4\n",
    }
    read = load(files.get, "requirements/prod.txt")
    assert [file.file for file in read] == [
        "requirements/prod.txt",
        "requirements/base.txt",
        "constraints.txt",
    ]


def test_a_missing_include_names_the_line_that_includes_it() -> None:
    with pytest.raises(ProjectError) as caught:
        load({"r.txt": "flask\n-r base.txt\n"}.get, "r.txt")
    assert str(caught.value) == "r.txt:2: base.txt does not exist"
