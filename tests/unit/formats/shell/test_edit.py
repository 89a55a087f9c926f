"""A RUN, the commands taken out of it, and what is left."""

import pytest

from jettison.formats.dockerfile import parse, run_script, with_script
from jettison.formats.shell import replacing, without, without_words

CHAINED = """\
RUN apt-get update \\
    # build tools
    && apt-get install -y gcc \\
    && pip install a \\
    # small
    && rm -rf /var/lib/apt/lists/*
"""
TRAILING = """\
RUN apt-get update && \\
    # build tools
    apt-get install -y gcc && \\
    pip install a && \\
    rm -rf /var/lib/apt/lists/*
"""
SET = """\
RUN set -eux; \\
    apt-get update; \\
    # build tools
    apt-get install -y gcc; \\
    pip install a
"""
DOCUMENT = """\
RUN <<EOF
set -e
# build tools
apt-get install -y gcc  # compiler
pip install a  # app
EOF
"""


def left(run: str, *gone: str) -> str | None:
    """The RUN without the commands whose text begins so."""
    instruction = parse(f"FROM a\n{run}", file="Dockerfile").instructions[1]
    script = run_script(instruction)
    source = without(
        script, [command for command in script.commands if command.raw.startswith(gone)]
    )
    return None if source is None else with_script(instruction, source)


@pytest.mark.parametrize(
    ("run", "gone", "expected"),
    [
        ("RUN a && b && c", ("a",), "RUN b && c"),
        ("RUN a && b && c", ("b",), "RUN a && c"),
        ("RUN a && b && c", ("c",), "RUN a && b"),
        ("RUN a && b && c", ("a", "c"), "RUN b"),
        ("RUN a; b; c", ("a",), "RUN b; c"),
        ("RUN a; b && c", ("b",), "RUN a; c"),
        ("RUN a && b; c", ("b",), "RUN a; c"),
        ("RUN a && b; c && d", ("b", "c"), "RUN a; d"),
        ("RUN a || b; c", ("a",), "RUN c"),
        ("RUN a && b || c; d", ("b",), "RUN a || c; d"),
        ("RUN a && b || c; d", ("a", "b"), "RUN d"),
        ("RUN a || true && d", ("a",), "RUN d"),
        ("RUN a || b && d", ("b",), "RUN a || true && d"),
        ("RUN a || b | c", ("b", "c"), "RUN a || true"),
        ("RUN a | b && c", ("a", "b"), "RUN c"),
        ("RUN set -e; a;", ("a",), None),
        ("RUN a && b", ("a", "b"), None),
        ("RUN --network=none a && b > f && c", ("b",), "RUN --network=none a && c"),
    ],
)
def test_connectors_stay_right(run: str, gone: tuple[str, ...], expected: str | None) -> None:
    assert left(run, *gone) == expected


def test_a_chain_keeps_its_layout() -> None:
    assert left(CHAINED, "apt-get install") == (
        "RUN apt-get update \\\n    && pip install a \\\n    # small\n"
        "    && rm -rf /var/lib/apt/lists/*\n"
    )
    assert left(CHAINED, "apt-get") == (
        "RUN pip install a \\\n    # small\n    && rm -rf /var/lib/apt/lists/*\n"
    )
    assert left(CHAINED, "rm") == (
        "RUN apt-get update \\\n    # build tools\n    && apt-get install -y gcc \\\n"
        "    && pip install a\n"
    )


def test_a_comment_above_the_new_first_command_stays() -> None:
    assert left(CHAINED, "apt-get", "pip") == (
        "RUN \\\n    # small\n    rm -rf /var/lib/apt/lists/*\n"
    )
    assert left(TRAILING, "apt-get update") == (
        "RUN \\\n    # build tools\n    apt-get install -y gcc && \\\n    pip install a && \\\n"
        "    rm -rf /var/lib/apt/lists/*\n"
    )


def test_operators_at_the_end_of_lines_keep_their_layout() -> None:
    assert left(TRAILING, "apt-get install") == (
        "RUN apt-get update && \\\n    pip install a && \\\n    rm -rf /var/lib/apt/lists/*\n"
    )
    assert left(TRAILING, "pip", "rm") == (
        "RUN apt-get update && \\\n    # build tools\n    apt-get install -y gcc\n"
    )


def test_a_script_with_set_keeps_its_layout() -> None:
    assert left(SET, "apt-get install") == (
        "RUN set -eux; \\\n    apt-get update; \\\n    pip install a\n"
    )
    assert left(SET, "apt-get", "pip") is None


def test_a_heredoc_keeps_its_lines() -> None:
    assert left(DOCUMENT, "apt-get") == "RUN <<EOF\nset -e\npip install a  # app\nEOF\n"
    assert left(DOCUMENT, "pip") == (
        "RUN <<EOF\nset -e\n# build tools\napt-get install -y gcc  # compiler\nEOF\n"
    )


def test_an_exec_form_keeps_its_array() -> None:
    assert left('RUN ["sh", "-c", "a && b"]', "a") == 'RUN ["sh", "-c", "b"]'
    assert left('RUN ["sh", "-c", "a && b \\"c\\""]', "a") == 'RUN ["sh", "-c", "b \\"c\\""]'


def test_a_block_is_left_alone() -> None:
    assert left("RUN if a; then b; fi && c && d", "c") == "RUN if a; then b; fi && d"
    assert left("RUN c && { a; b; } > f; d", "c", "d") == "RUN { a; b; } > f"
    with pytest.raises(ValueError, match="plain sequence"):
        left("RUN if a; then b; fi && c", "b")


def test_a_part_of_a_pipeline_does_not_go() -> None:
    with pytest.raises(ValueError, match="part of the pipeline"):
        left("RUN a | b && c", "b")


def shortened(run: str, *gone: str) -> str:
    """The RUN without some words of its first command with arguments."""
    instruction = parse(f"FROM a\n{run}", file="Dockerfile").instructions[1]
    script = run_script(instruction)
    command = next(one for one in script.commands if "install" in one.words)
    words = [word for word in command.tokens if word.text in gone]
    return with_script(instruction, without_words(script, command, words))


PACKAGES = """\
RUN apt-get update && apt-get install -y curl \\
        # build tools
        gcc \\
        libpq-dev \\

        # run time
        libpq5 \\
    && rm -rf /var/lib/apt/lists/*
"""


def test_words_go_with_their_lines() -> None:
    assert shortened("RUN apt-get install -y a b c && d", "b") == "RUN apt-get install -y a c && d"
    assert shortened(PACKAGES, "libpq-dev") == PACKAGES.replace("        libpq-dev \\\n", "")


def test_a_comment_goes_with_the_last_word_below_it() -> None:
    assert shortened(PACKAGES, "gcc", "libpq-dev") == (
        "RUN apt-get update && apt-get install -y curl \\\n\n        # run time\n"
        "        libpq5 \\\n    && rm -rf /var/lib/apt/lists/*\n"
    )


def test_a_comment_stays_while_a_word_below_it_stays() -> None:
    assert shortened(PACKAGES, "gcc") == PACKAGES.replace("        gcc \\\n", "")


def test_a_command_may_be_written_anew() -> None:
    instruction = parse(f"FROM a\n{CHAINED}", file="Dockerfile").instructions[1]
    script = run_script(instruction)
    source = replacing(script, {script.commands[1]: "apt-get install -y make"})
    assert with_script(instruction, source) == CHAINED.replace("gcc", "make")
