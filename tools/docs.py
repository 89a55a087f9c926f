"""Writes the reference pages from the code: ``python tools/docs.py [--check]``.

The pages are rules (module docstrings and cases), the command line (its options and help) and exit
statuses (error classes). With ``--check`` nothing is written; stale pages are named, and the exit
status is 1.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from jettison import errors
from jettison.cli import command_line
from jettison.errors import JettisonError
from jettison.rules import RULES, Rule

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "docs" / "reference"
RULE_PAGES = REFERENCE / "rules"
CASES = ROOT / "tests" / "rules" / "cases"
NOTICE = "<!-- Written by `make docs` from the code. Do not edit. -->\n\n"
SECTION = re.compile(r"^=== (.+)\n", re.MULTILINE)
FIELD = re.compile(r"^(?:Why|Rules|Level|Service|File|Base): ?", re.MULTILINE)
CHANGE = re.compile(r"^((?:create|modify|remove) .+)\n", re.MULTILINE)
LANGUAGES = {".py": "python", ".sh": "sh", ".toml": "toml", ".yaml": "yaml", ".yml": "yaml"}
LEVELS = {
    0: "0 (always)",
    1: "1 (structure)",
    2: "2 (base and dead weight; the default)",
    3: "3 (by a trace of the run)",
}


def main(arguments: list[str]) -> int:
    """Write the pages, or name those that are stale; give the exit status."""
    pages = dict(_pages())
    unknown = set(RULE_PAGES.glob("*.md")) - set(pages)
    stale = [path for path, text in pages.items() if _text(path) != text]
    if "--check" in arguments:
        for path in sorted((*stale, *unknown)):
            sys.stderr.write(f"stale: {path.relative_to(ROOT)} (run `make docs`)\n")
        return 1 if stale or unknown else 0
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(pages[path], encoding="utf-8", newline="\n")
    for path in unknown:
        path.unlink()
    return 0


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def _pages() -> Iterator[tuple[Path, str]]:
    yield RULE_PAGES / "index.md", _rule_index()
    for rule in RULES:
        yield RULE_PAGES / f"{rule.name}.md", _rule_page(rule)
    yield REFERENCE / "cli.md", _command_page()
    yield REFERENCE / "exit-status.md", _exit_status_page()


def _rule_index() -> str:
    rows = "".join(
        f"| [{rule.name}]({rule.name}.md) | {rule.level} | {_marked(rule.title)} |\n"
        for rule in RULES
    )
    return (
        f"{NOTICE}# Rules\n\n"
        "In the order in which they are applied. A rule runs when its level is not above the one\n"
        "that `-O` asks for; each sees the project as the rules before it left it.\n\n"
        f"| rule | level | what it wants |\n|---|---|---|\n{rows}"
    )


def _rule_page(rule: Rule) -> str:
    paragraphs = rule.documentation.strip().split("\n\n")
    title, *rest = map(_marked, paragraphs)
    body = "\n\n".join(_headed(paragraph) for paragraph in rest)
    return (
        f"{NOTICE}# {rule.name}\n\n**{title}**\n\n"
        f"Level: {LEVELS[rule.level]} · [all rules](index.md)\n\n"
        f"{body}\n{_example(rule)}"
    )


def _marked(text: str) -> str:
    """Docstrings mark code with two backticks or one; pages with one."""
    return text.replace("``", "`")


def _headed(paragraph: str) -> str:
    for word, heading in (("Source: ", "Source"), ("Safe: ", "When it is safe")):
        if paragraph.startswith(word):
            text = paragraph.removeprefix(word)
            return f"## {heading}\n\n{text[0].upper() if word == 'Safe: ' else text[0]}{text[1:]}"
    return paragraph


def _example(rule: Rule) -> str:
    """The smallest case in which something is found and changes, as before and after."""
    cases = [path.read_text(encoding="utf-8") for path in sorted((CASES / rule.name).glob("*"))]
    if not cases:
        return ""
    text = min(cases, key=lambda case: (case.count("\nnone\n"), case.count("\n=== "), len(case)))
    head, *parts = SECTION.split(text)
    why = " ".join(FIELD.split(head)[1].split())
    blocks = "\n".join(
        block
        for title, body in zip(parts[::2], parts[1::2], strict=True)
        for block in _blocks(title, body)
    )
    return f"\n## Example\n\nA case of the tests: {why}\n\n{blocks}"


def _blocks(title: str, text: str) -> Iterator[str]:
    kind, _, name = title.partition(": ")
    if kind == "project":
        yield _block(f"`{name}`", text, _language(name))
    elif kind == "wheel":
        yield _block(f"The wheel of {name}, its files and their bytes:", text)
    elif kind == "findings":
        yield _block("What is found:", text)
    else:
        for change, body in _changes(text):
            verb, _, path = change.partition(" ")
            if body:
                language = "diff" if body.startswith("@@") else _language(path)
                yield _block(f"Result ({verb} `{path}`):", body, language)


def _changes(text: str) -> Iterator[tuple[str, str]]:
    """Part the changes of a case into lines like ``modify Dockerfile`` and what is under them."""
    _, *parts = CHANGE.split(text)
    for title, body in zip(parts[::2], parts[1::2], strict=True):
        yield title, re.sub(r"^ {4}", "", body, flags=re.MULTILINE)


def _block(heading: str, text: str, language: str = "") -> str:
    shown = text.strip("\n") or "(empty)"
    fence = "````" if "```" in shown else "```"
    return f"{heading}\n\n{fence}{language}\n{shown}\n{fence}\n"


def _language(name: str) -> str:
    file = name.partition(" ")[0].rpartition("/")[2]
    return "dockerfile" if "Dockerfile" in file else LANGUAGES.get(Path(file).suffix, "")


def _command_page() -> str:
    settings = command_line.context_settings
    top = click.Context(command_line, info_name="jettison", **settings)
    return f"{NOTICE}# Commands\n\n" + "\n".join(_commands(command_line, top))


def _commands(command: click.Command, context: click.Context) -> Iterator[str]:
    """Describe a command, and those below it."""
    yield _command(command, context)
    if not isinstance(command, click.Group):
        return
    for name in command.list_commands(context):
        below = command.get_command(context, name)
        if below is not None:
            yield from _commands(below, click.Context(below, info_name=name, parent=context))


def _command(command: click.Command, context: click.Context) -> str:
    options = [record for each in command.get_params(context) if (record := _option(each, context))]
    text = inspect.cleandoc(command.help or "")
    return (
        f"## {context.command_path}\n\n"
        f"    {command.get_usage(context).removeprefix('Usage: ')}\n\n"
        f"{text}\n\n" + "".join(options)
    )


def _option(parameter: click.Parameter, context: click.Context) -> str:
    """One line of the list; arguments stand in the usage and in the text above."""
    record = parameter.get_help_record(context) if isinstance(parameter, click.Option) else None
    return f"- `{record[0]}`: {record[1]}\n" if record else ""


def _exit_status_page() -> str:
    rows = "".join(
        f"| {status} | {name} | {text} |\n" for status, name, text in sorted(_exit_statuses())
    )
    return (
        f"{NOTICE}# Exit status\n\n"
        "Each kind of failure has its own, so that a script can tell them apart. The message on\n"
        "standard error says what happened, why, and what to do.\n\n"
        f"| status | class | meaning |\n|---|---|---|\n{rows}"
    )


def _exit_statuses() -> Iterator[tuple[int, str, str]]:
    yield 0, "", "Success: the requested work was done"
    yield 1, "", "A defect of Jettison itself: please report it with the traceback"
    yield 2, "", "The command line was used in a wrong way"
    found: Mapping[str, type] = dict(inspect.getmembers(errors, inspect.isclass))
    for name, cls in found.items():
        if issubclass(cls, JettisonError) and cls is not JettisonError:
            text = " ".join((inspect.getdoc(cls) or "").split()).removesuffix(".")
            yield cls.exit_status, f"`{name}`", _marked(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
