"""One Dockerfile and what is seen in it."""

import pytest

from jettison.errors import InputSyntaxError
from jettison.formats.dockerfile import Blank, Comment, Flag, Instruction, parse, render
from jettison.values import Origin


def only(line: str) -> Instruction:
    """The instruction of a Dockerfile with one line after its FROM."""
    return parse(f"FROM scratch\n{line}", file="Dockerfile").instructions[1]


@pytest.mark.parametrize(
    "text",
    [
        "FROM a",
        "FROM a\n\n\n",
        "\ufeffFROM a\r\nRUN b \\\r\n  c\r\n",
        "# syntax=docker/dockerfile:1\n# escape=`\n\nFROM a\nRUN b `\n\t c\n",
        "\ufeff# check=skip=all\nFROM a\n",
        "from a\nrUn <<A <<-B\n1\nA\n\t2\n\tB\n# end\n",
        "FROM a\nRUN b \\\n\n# c\n   # d\n  e \\\n",
        "  # note\n\n  FROM a\n \t RUN  b  \n\x0b\nRUN c",
        "FROM a\nRUN b \\",
        "FROM a\nRUN \\\n",
    ],
)
def test_a_file_is_written_back_byte_for_byte(text: str) -> None:
    dockerfile = parse(text, file="Dockerfile")
    assert render(dockerfile) == text
    assert dockerfile.text == text


def test_continuation_lines_are_joined_without_their_comments() -> None:
    run = only("RUN apt-get update \\\n  # for psycopg\n\n  && apt-get install x\n")
    assert run.arguments == "apt-get update   && apt-get install x"
    assert run.origin == Origin(file="Dockerfile", line=2, end_line=5)


def test_a_doubled_escape_at_the_end_of_a_line_does_not_continue_it() -> None:
    assert [one.keyword for one in parse("FROM a\nRUN b\\\\\nRUN c", file="D").instructions] == [
        "FROM",
        "RUN",
        "RUN",
    ]


def test_the_escape_directive_changes_what_continues_a_line() -> None:
    dockerfile = parse("# escape=`\nFROM a\nRUN b `\n c\\\nRUN d\n", file="Dockerfile")
    assert dockerfile.escape == "`"
    assert [one.arguments for one in dockerfile.instructions] == ["a", "b  c\\", "d"]


def test_a_directive_after_a_comment_is_a_comment() -> None:
    dockerfile = parse("# note\n# escape=`\nFROM a\n", file="Dockerfile")
    assert dockerfile.escape == "\\"
    assert dockerfile.directives == ()


def test_comments_directly_above_belong_to_the_instruction() -> None:
    text = "# far\n\n# near\n# nearer\nFROM a\n"
    dockerfile = parse(text, file="Dockerfile")
    comments = [comment.text for comment in dockerfile.instructions[0].comments]
    assert comments == ["# near\n", "# nearer\n"]
    kinds = [type(item) for item in dockerfile.items]
    assert kinds == [Comment, Blank, Comment, Comment, Instruction]


def test_flags_come_before_the_arguments() -> None:
    copy = only('COPY --link --chown="1:1" --from=build /a --b /c')
    assert copy.flags == (
        Flag(name="link", value=None),
        Flag(name="chown", value="1:1"),
        Flag(name="from", value="build"),
    )
    assert copy.words == ("/a", "--b", "/c")


def test_flags_may_stand_on_continuation_lines() -> None:
    run = only("RUN --mount=type=cache,target=/c \\\n    --network=none \\\n    make\n")
    assert [flag.name for flag in run.flags] == ["mount", "network"]
    assert run.arguments == "make"
    assert run.excerpt.line(0) == 4


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('CMD ["a", "b c"]', ("a", "b c")),
        ("CMD []", ()),
        ('CMD ["a"', None),
        ("CMD ['a']", None),
        ('CMD ["a"] && b', None),
        ("CMD a", None),
        ('HEALTHCHECK --retries=3 CMD ["a"]', ("a",)),
        ("HEALTHCHECK CMD a", None),
    ],
)
def test_a_bad_json_array_is_the_shell_form(line: str, words: tuple[str, ...] | None) -> None:
    assert only(line).exec_form == words


def test_heredocs_belong_to_the_instruction() -> None:
    run = only("RUN <<-'EOF'\n\tmake\n\t\tEOF\nUSER a\n")
    (document,) = run.heredocs
    assert (document.name, document.body, document.content) == ("EOF", "\tmake\n", "make\n")
    assert document.strip_tabs
    assert not document.expand
    assert document.origin == Origin(file="Dockerfile", line=3, end_line=3)


def test_two_heredocs_follow_each_other() -> None:
    copy = only("COPY <<a <<b /\n1\na\n2\nb\n")
    assert [(one.name, one.content) for one in copy.heredocs] == [("a", "1\n"), ("b", "2\n")]


def test_a_comment_in_a_heredoc_is_text() -> None:
    assert only("RUN <<E\n# a\nFROM b\nE\n").heredocs[0].body == "# a\nFROM b\n"


def test_onbuild_holds_its_trigger() -> None:
    onbuild = only("ONBUILD RUN --network=none <<E\nmake\nE\n")
    assert onbuild.trigger is not None
    assert onbuild.trigger.keyword == "RUN"
    assert onbuild.trigger.flag("network") == "none"
    assert onbuild.trigger.heredocs[0].body == "make\n"


def test_stages_have_names_bases_and_platforms() -> None:
    text = "ARG V=1\nFROM --platform=linux/amd64 a:$V AS Build\nRUN b\n# last\nFROM build\nUSER c\n"
    dockerfile = parse(text, file="Dockerfile")
    first, second = dockerfile.stages
    assert (first.index, first.name, first.base) == (0, "build", "a:$V")
    assert first.platform == "linux/amd64"
    assert [one.keyword for one in second.instructions] == ["FROM", "USER"]
    assert second.items[0].text == "# last\n"
    assert dockerfile.stage_named("BUILD") == first
    assert dockerfile.stage_named("1") == second
    assert dockerfile.stage_named("x") is None
    assert [one.arguments for one in dockerfile.preamble] == ["V=1"]


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("FROM a\nRUM b\n", 2, "unknown instruction RUM"),
        ("FROM a\nPIP\n", 2, "unknown instruction PIP"),
        ("RUN a\n", 1, "no FROM before the first instruction"),
        ("# nothing\n", None, "the Dockerfile has no FROM"),
        ("", None, "the Dockerfile has no FROM"),
        ("FROM a\nRUN <<E\nb\n", 2, "the heredoc E does not end"),
        ("FROM a\nCOPY --form=b c d\n", 2, "unknown flag --form of COPY"),
        ("FROM a\nCMD --port 80\n", 2, "unknown flag --port of CMD"),
        ("FROM a\nCOPY --from=b --from=c d e\n", 2, "repeated flag --from of COPY"),
        ("FROM a\nCOPY --from b c\n", 2, "no value for flag --from of COPY"),
        ("FROM a\nCOPY --link=maybe b c\n", 2, "maybe is not a value for flag --link of COPY"),
        ("FROM a\nCOPY b\n", 2, "COPY needs a source and a destination"),
        ("FROM a b\n", 1, "FROM takes a base image, and AS with a name"),
        ("FROM a\nENV B\n", 2, "ENV B has no value"),
        ("FROM a\nENV B=1 C\n", 2, "ENV C has no value"),
        ("FROM a\nUSER\n", 2, "USER needs an argument"),
        ("FROM a\nSHELL bash -c\n", 2, "SHELL takes a JSON array"),
        ("FROM a\nCMD [1]\n", 2, "the JSON array of CMD holds something that is not a string"),
        ("FROM a\nONBUILD FROM b\n", 2, "FROM cannot be an ONBUILD trigger"),
        ("# escape=x\nFROM a\n", 1, "x cannot be the escape character"),
        (
            "# syntax=a\n# syntax=b\nFROM a\n",
            2,
            "the parser directive syntax is given twice",
        ),
    ],
)
def test_a_syntax_error_says_where_and_what(text: str, line: int | None, what: str) -> None:
    with pytest.raises(InputSyntaxError) as caught:
        parse(text, file="Dockerfile")
    assert caught.value.what == what
    assert caught.value.hint
    assert caught.value.origin is not None
    assert (caught.value.origin.file, caught.value.origin.line) == ("Dockerfile", line)


def test_a_misspelled_instruction_gets_a_suggestion() -> None:
    with pytest.raises(InputSyntaxError) as caught:
        parse("FROM a\nENTRPOINT b\n", file="Dockerfile")
    assert caught.value.hint == "Write ENTRYPOINT."
