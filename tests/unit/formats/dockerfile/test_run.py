"""The script of an instruction, and the line of each command."""

import pytest

from jettison.formats.dockerfile import Instruction, parse, run_script


def only(text: str) -> Instruction:
    return parse(f"FROM scratch\n{text}", file="Dockerfile").instructions[1]


def lines(text: str) -> list[tuple[str, int | None]]:
    return [(one.name, one.origin.line) for one in run_script(only(text)).commands]


def test_commands_know_their_lines_in_a_chain() -> None:
    text = "RUN --network=none \\\n  a && \\\n  # note\n  b \\\n\n  --c && d\n"
    assert lines(text) == [("a", 3), ("b", 5), ("d", 7)]


def test_words_know_their_lines() -> None:
    (command,) = run_script(only("RUN apt-get install \\\n  a \\\n  b\n")).commands
    assert [token.origin.line for token in command.tokens] == [2, 2, 3, 4]


def test_commands_know_their_lines_in_a_heredoc() -> None:
    assert lines("RUN <<EOF\na\n\n# note\nb &&\n  c\nEOF\n") == [("a", 3), ("b", 6), ("c", 7)]
    assert lines("RUN <<-EOF\n\ta\n\t\tb\n\tEOF\n") == [("a", 3), ("b", 4)]


def test_a_heredoc_may_be_input_of_a_command() -> None:
    script = run_script(only("RUN cat <<A > /f\nx\nA\n"))
    (command,) = script.commands
    assert command.words == ("cat",)
    assert command.redirects[0].operator == "<<"


def test_a_heredoc_in_another_language_is_not_shell() -> None:
    script = run_script(only("RUN <<EOF\n#!/usr/bin/env python3\nprint(1)\nEOF\n"))
    assert not script.understood
    assert script.commands == ()


def test_an_exec_form_is_one_command() -> None:
    (command,) = run_script(only('CMD ["gunicorn", "-b", "0.0.0.0:80", \\\n  "app:app"]')).commands
    assert command.words == ("gunicorn", "-b", "0.0.0.0:80", "app:app")
    assert [token.origin.line for token in command.tokens] == [2, 2, 2, 3]


@pytest.mark.parametrize("shell", ['"sh"', '"/bin/bash"', '"bash", "-o", "pipefail"', '"sh", "-e"'])
def test_an_exec_form_with_a_shell_is_a_script(shell: str) -> None:
    assert lines(f'CMD [{shell}, "-c", "a && b"]') == [("a", 2), ("b", 2)]


def test_an_exec_form_with_a_script_file_is_one_command() -> None:
    assert lines('ENTRYPOINT ["sh", "/entrypoint.sh"]') == [("sh", 2)]


def test_an_exec_form_may_be_empty() -> None:
    assert run_script(only("ENTRYPOINT []")).commands == ()


def test_the_command_of_a_health_check() -> None:
    assert lines("HEALTHCHECK --interval=3s \\\n  CMD curl -f x || exit 1") == [
        ("curl", 3),
        ("exit", 3),
    ]
    assert lines('HEALTHCHECK CMD ["python", "-c", "x"]') == [("python", 2)]


def test_an_empty_run_has_no_commands() -> None:
    assert run_script(only("RUN")).commands == ()
