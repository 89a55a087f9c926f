"""Any Dockerfile: nothing of it is lost, and Docker's own parser sees the same instructions."""

from collections.abc import Sequence

import dockerfile as docker
from e2b_dockerfile_utils import ShellLex
from hypothesis import given
from hypothesis import strategies as st

from jettison.errors import InputSyntaxError
from jettison.formats.dockerfile import expand, parse, render, run_script, with_script
from jettison.formats.dockerfile.lines import is_plain
from jettison.formats.shell import Command, without

ENDINGS = st.sampled_from(["\n", "\r\n"])
SPACE = st.sampled_from(["", " ", "\t", "  "])
WORDS = st.sampled_from(
    [
        "a",
        "--b",
        "c=d",
        '"e f"',
        "'g'",
        "$H",
        "${I:-j}",
        "k\\ l",
        "#m",
        "&&",
        ";",
        "é",
        "|",
        "[",
        '"',
    ]
)
COMMENTS = st.tuples(SPACE, st.sampled_from(["#", "# note", "#note \\"])).map("".join)
JOINED = st.lists(WORDS, min_size=1, max_size=5).map(" ".join)
CONTINUED = st.lists(
    st.one_of(
        st.tuples(SPACE, JOINED, st.sampled_from([" \\", "\\", " \\  "])).map("".join),
        COMMENTS,
        SPACE,
    ),
    max_size=4,
)
KEYWORDS = st.sampled_from(["RUN", "run", "CMD", "Entrypoint", "USER", "workdir", "ARG", "EXPOSE"])
INSTRUCTIONS = st.tuples(SPACE, KEYWORDS, CONTINUED, JOINED).map(
    lambda parts: "\n".join([f"{parts[0]}{parts[1]} x \\", *parts[2], parts[3]])
)
FILES = st.lists(st.one_of(INSTRUCTIONS, COMMENTS, SPACE), max_size=6).map(
    lambda parts: "\n".join(["FROM scratch", *parts])
)


@given(text=FILES, ending=ENDINGS, mark=st.sampled_from(["", "\ufeff"]), last=st.booleans())
def test_every_line_is_in_one_item(text: str, ending: str, mark: str, last: bool) -> None:
    whole = mark + (text + "\n" * last).replace("\n", ending)
    parsed = parse(whole, file="Dockerfile")
    assert render(parsed) == whole
    following = 1
    named = [one for one in parsed.directives if one.name]
    for item in (*named, *parsed.items):
        assert item.origin.line == following
        following = (item.origin.end_line or 0) + 1


@given(text=FILES)
def test_docker_sees_the_same_instructions(text: str) -> None:
    ours = parse(text, file="Dockerfile").instructions
    theirs = docker.parse_string(text)
    assert [(one.keyword, one.origin.line, one.origin.end_line) for one in ours] == [
        (one.cmd.upper(), one.start_line, one.end_line) for one in theirs
    ]
    for instruction, command in zip(ours, theirs, strict=True):
        if instruction.keyword in {"RUN", "CMD", "ENTRYPOINT", "USER", "WORKDIR"}:
            assert (instruction.arguments,) == command.value


@given(text=st.text(st.sampled_from("FROMRUN ab\\\n#<-=\"'[],\t\r`"), max_size=60))
def test_any_text_is_read_or_refused_with_a_reason(text: str) -> None:
    try:
        parsed = parse(f"FROM a\n{text}", file="Dockerfile")
    except InputSyntaxError as error:
        told = (bool(error.hint), error.origin is not None)
        assert told == (True, True)
    else:
        assert render(parsed) == f"FROM a\n{text}"
        for instruction in parsed.instructions:
            run_script(instruction)


JOINTS = st.sampled_from(
    [" && ", "; ", " || ", " && \\\n    ", "; \\\n    ", " \\\n    && ", " \\\n    # note\n    && "]
)


def executed(commands: Sequence[Command], fails: set[str], silent: set[str]) -> list[str]:
    """The programs that a shell would start, in order; silent ones succeed and leave no trace."""
    started: list[str] = []
    status = True
    for command in commands:
        skipped = {"&&": not status, "||": status}.get(command.connector, False)
        if skipped:
            continue
        gone = command.name in silent
        status = gone or command.name not in fails
        started += [] if gone else [command.name]
    return started


@given(
    joints=st.lists(JOINTS, max_size=6),
    gone=st.sets(st.integers(0, 6).map("c{}".format)),
    fails=st.sets(st.integers(0, 6).map("c{}".format)),
)
def test_what_is_left_of_a_script_runs_as_before(
    joints: list[str], gone: set[str], fails: set[str]
) -> None:
    text = "c0" + "".join(f"{joint}c{number}" for number, joint in enumerate(joints, 1))
    instruction = parse(f"FROM x\nRUN {text}\n", file="Dockerfile").instructions[1]
    script = run_script(instruction)
    source = without(script, [one for one in script.commands if one.name in gone])
    expected = executed(script.commands, fails, gone)
    if source is None:
        assert expected == []
        return
    left = parse(f"FROM x\n{with_script(instruction, source)}", file="Dockerfile").instructions
    assert len(left) == 2
    assert executed(run_script(left[1]).commands, fails, {"true"}) == expected


@given(st.text(st.sampled_from("ab/é \t$<>'\"\\`{}#*"), max_size=8), st.sampled_from("\\`"))
def test_what_is_taken_for_a_plain_word_is_one(word: str, escape: str) -> None:
    if is_plain(word, escape):
        assert ShellLex(escape, env={"a": "b"}).process_word(word) == word
        assert expand(word, {"a": "b"}, escape=escape) == word
