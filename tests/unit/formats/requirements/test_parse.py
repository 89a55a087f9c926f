import pytest

from jettison.errors import InputSyntaxError
from jettison.formats.requirements import (
    BlankLine,
    CommentLine,
    IncludeKind,
    IncludeLine,
    OptionLine,
    RequirementLine,
    parse,
    render,
)

FORMS = """\
# Web
Fast_API==0.104.1  # the server
uvicorn[standard] >=0.24 ; python_version >= "3.8"
-r base.txt
-c constraints.txt  # pins
--index-url https://index.example/simple
-e ./lib[a]
--editable=git+https://git.example/x/edit.git@main#egg=edit-able[b]
named @ https://files.example/named-1.0.tar.gz
git+https://git.example/x/z.git#egg=zed
https://files.example/wheel_x-1.0-py3-none-any.whl
./dist/local_y-2.0.tar.gz
./plain/folder
private==${VERSION}
anyio==3.7.1 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
    # via
    #   httpx
    #   -r requirements.in
sniffio==1.3.0 --hash=sha256:cc  # via anyio, httpx
old==1 --global-option="--no-user-cfg" --config-settings "a=b"
"""


def one(text: str) -> RequirementLine:
    (line,) = parse(text, file="requirements.txt").requirements
    return line


def test_every_form_is_read() -> None:
    file = parse(FORMS, file="requirements.txt")
    read = [
        (line.name, line.specifier, line.extras, line.marker, line.url, line.path, line.editable)
        for line in file.requirements
    ]
    assert read == [
        ("fast-api", "==0.104.1", (), "", "", "", False),
        ("uvicorn", ">=0.24", ("standard",), 'python_version >= "3.8"', "", "", False),
        ("", "", ("a",), "", "", "./lib", True),
        (
            "edit-able",
            "",
            ("b",),
            "",
            "git+https://git.example/x/edit.git@main#egg=edit-able[b]",
            "",
            True,
        ),
        ("named", "", (), "", "https://files.example/named-1.0.tar.gz", "", False),
        ("zed", "", (), "", "git+https://git.example/x/z.git#egg=zed", "", False),
        ("wheel-x", "", (), "", "https://files.example/wheel_x-1.0-py3-none-any.whl", "", False),
        ("local-y", "", (), "", "", "./dist/local_y-2.0.tar.gz", False),
        ("", "", (), "", "", "./plain/folder", False),
        ("private", "==${VERSION}", (), "", "", "", False),
        ("anyio", "==3.7.1", (), "", "", "", False),
        ("sniffio", "==1.3.0", (), "", "", "", False),
        ("old", "==1", (), "", "", "", False),
    ]


def test_rendering_gives_back_the_text() -> None:
    assert render(parse(FORMS, file="requirements.txt")) == FORMS


def test_includes_and_options_are_lines_of_their_own() -> None:
    file = parse(FORMS, file="requirements.txt")
    assert [(line.kind, line.target) for line in file.includes] == [
        (IncludeKind.REQUIREMENTS, "base.txt"),
        (IncludeKind.CONSTRAINTS, "constraints.txt"),
    ]
    (option,) = [line for line in file.lines if isinstance(line, OptionLine)]
    assert [(one.name, one.value) for one in option.options] == [
        ("--index-url", "https://index.example/simple")
    ]


def test_hashes_and_the_lock_tools_notes_belong_to_their_requirement() -> None:
    anyio, sniffio, old = parse(FORMS, file="requirements.txt").requirements[-3:]
    assert anyio.hashes == ("sha256:aa", "sha256:bb")
    assert anyio.via == ("httpx", "-r requirements.in")
    assert (anyio.origin.line, anyio.origin.end_line) == (15, 17)
    assert sniffio.via == ("anyio", "httpx")
    assert sniffio.comment == ""
    assert [(option.name, option.value) for option in old.options] == [
        ("--global-option", "--no-user-cfg"),
        ("--config-settings", "a=b"),
    ]


@pytest.mark.parametrize(
    ("text", "target"), [("-rbase.txt", "base.txt"), ("--requirement=base.txt", "base.txt")]
)
def test_attached_option_values(text: str, target: str) -> None:
    (line,) = parse(text, file="requirements.txt").lines
    assert isinstance(line, IncludeLine)
    assert line.target == target


def test_a_marker_of_an_editable_path_stands_in_its_quotes() -> None:
    line = one("-e \"./lib ; python_version < '3.12'\"")
    assert (line.path, line.marker) == ("./lib", 'python_version < "3.12"')


def test_a_hash_sign_inside_a_word_is_no_comment() -> None:
    assert one("git+https://git.example/x#egg=x # why").url == "git+https://git.example/x#egg=x"


def test_switched_off_requirements_are_recognized() -> None:
    text = (
        "# transformers==4.36.0\n# -r other.txt\n# words\n# pytest plugins\n# uvicorn[standard]\n"
    )
    comments = [line for line in parse(text, file="r.txt").lines if isinstance(line, CommentLine)]
    assert [line.commented_out for line in comments] == [True, True, False, False, True]


def test_a_byte_order_mark_is_kept_and_ignored() -> None:
    text = "\ufeffflask==3.0\n"
    file = parse(text, file="r.txt")
    assert file.requirements[0].name == "flask"
    assert render(file) == text


def test_windows_line_ends_are_kept() -> None:
    text = "flask==3.0\r\n\r\n# x\r\n"
    file = parse(text, file="r.txt")
    assert render(file) == text
    assert isinstance(file.lines[1], BlankLine)


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("flask\nbroken==\n", 2, ""),
        ("flask 3.0", 1, ""),
        ("flask\n\nfoo=1.0\n", 3, ""),
        ("--no-such-option\n", 1, "no such option"),
        ("-r\n", 1, "needs a value"),
        ('foo; python_version >= "3', 1, ""),
        ("<<<<<<< HEAD\n", 1, "neither a requirement"),
        ('foo --global-option="x\n', 1, "quotation"),
    ],
)
def test_a_broken_line_is_named(text: str, line: int, why: str) -> None:
    with pytest.raises(InputSyntaxError) as caught:
        parse(text, file="requirements.txt")
    assert caught.value.origin is not None
    assert caught.value.origin.line == line
    assert why in caught.value.why
    assert caught.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "x @@ https://me:s3cret@example.org/x y",
        "six==1.0 https://me:s3cret@example.org/",
        "--no-such-option https://s3cret@example.org/",
        "foo https://me:p@s3cret@example.org/ bar",
    ],
)
def test_no_password_of_a_broken_line_is_shown(text: str) -> None:
    with pytest.raises(InputSyntaxError) as caught:
        parse(text, file="requirements.txt")
    assert "s3cret" not in f"{caught.value} {caught.value.why} {caught.value.hint}"


@pytest.mark.parametrize(
    ("line", "specifier", "marker"),
    [
        ("flask==3.0 ;", "==3.0", ""),
        ("flask>=2.*,!=2.1.*", "!=2.1.*,>=2", ""),
        ('flask @ https://example.org/f.zip; python_version > "3"', "", 'python_version > "3"'),
    ],
)
def test_what_pip_reads_less_strictly_is_read(line: str, specifier: str, marker: str) -> None:
    (found,) = parse(f"{line}\n", file="requirements.txt").lines
    assert isinstance(found, RequirementLine)
    assert (found.name, found.specifier, found.marker) == ("flask", specifier, marker)
