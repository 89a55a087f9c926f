"""Programs that functions of the project are told by their callers."""

from textwrap import dedent

import pytest

from jettison.source.effects import programs_called
from jettison.source.parse import parse
from jettison.source.wrappers import with_programs_given

TOOLS = """
    import subprocess
    def run(command, *words, cwd=None):
        return subprocess.run([command, *words], cwd=cwd)
"""


def programs(**files: str) -> list[str]:
    texts = {f"{name}.py": dedent(text) for name, text in files.items()}
    modules = [parse(path, text.encode()) for path, text in texts.items()]
    told = with_programs_given(modules, texts.get, frozenset())
    return [call.program for call in programs_called(told)]


def test_what_every_call_gives_is_what_runs():
    app = """
        from tools import run
        def main(fast, other):
            run("git", "status")
            run("ffmpeg" if fast else "avconv", other)
    """
    assert programs(tools=TOOLS, app=app) == ["avconv", "ffmpeg", "git"]


def test_functions_that_hand_on_what_they_are_given_are_followed():
    tools = """
        import subprocess
        def logged(words):
            return subprocess.check_output(words)
        def patient(words):
            return logged(["nice"] + words)
        class Tool:
            def call(self, *words):
                return logged(words)
    """
    app = """
        from tools import Tool, logged, patient
        def main(other):
            patient(["gm", other])
            logged(["convert", other])
            Tool().call("pdftotext", other)
    """
    assert programs(tools=tools, app=app) == ["convert", "nice", "pdftotext"]


@pytest.mark.parametrize(
    "app",
    [
        "from tools import run\nrun(input())\nrun('git')\n",
        "from tools import run\nmap(run, ['git'])\nrun('git')\n",
        "from tools import run\nrun(*['git'])\nrun('git')\n",
        "import tools\n",
    ],
)
def test_what_nobody_can_see_remains_computed(app):
    assert "" in programs(tools=TOOLS, app=app)


def test_a_function_that_something_else_may_call_remains_computed():
    tools = TOOLS.replace("def run", "@commands.register\n    def run")
    assert "" in programs(tools=tools, app="from tools import run\nrun('git')\n")


def test_a_function_of_the_standard_library_is_another_one():
    app = "import asyncio\nfrom tools import run\nasyncio.run(main())\nrun('git')\n"
    assert programs(tools=TOOLS, app=app) == ["git"]
