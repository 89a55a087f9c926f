"""Without a network a plan still comes, and says what it could not check."""

from __future__ import annotations

from pathlib import Path

from command import ran

EXAMPLE = Path(__file__).parents[2] / "examples" / "flask-links"
# Nothing listens on the port of the discard protocol.
NOWHERE = "http://127.0.0.1:9/simple"


def jettison(*arguments: object, cache: Path) -> str:
    done = ran(*arguments, XDG_CACHE_HOME=str(cache), UV_DEFAULT_INDEX=NOWHERE)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_plan_comes_and_names_what_was_not_asked(tmp_path: Path) -> None:
    said = jettison("plan", EXAMPLE, "--verbose", cache=tmp_path)
    assert "python:3.11-slim    yes" in said
    assert "build-stage: a build stage makes the environment" in said
    unknown = said.split("Not determined:")[1]
    assert "blinker" in unknown
    assert "127.0.0.1:9 cannot be reached" in " ".join(unknown.split())


def test_a_base_is_not_called_working_when_its_wheels_are_unknown(tmp_path: Path) -> None:
    said = jettison("base", EXAMPLE, cache=tmp_path)
    alpine = said.split("\npython:3.11-alpine: ")[1].split("\n\n")[0]
    assert "works: unknown" in alpine
    assert "are not known" in alpine
