"""Deliver signals to the application itself.

A CMD or ENTRYPOINT in shell form runs under `/bin/sh -c`. The shell is process 1 and does not pass
SIGTERM on, so the engine waits out its grace period (10 seconds) and kills the application in the
middle of its requests. In exec form the application is process 1.

A command with variables keeps its shell, which has to replace them, and gets `exec`: the shell then
becomes the application. A command with more shell syntax, or that is a shell with its script, stays
as it is.

Source: docs.docker.com, "Dockerfile reference", shell and exec form; BuildKit's build check
JSONArgsRecommended.

Safe: the words are the same; only a single plain command is rewritten.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from jettison.formats.dockerfile.run import run_script
from jettison.formats.shell import SHELLS, Command, Script
from jettison.lift import Invocation
from jettison.plan import Finding, Plan, Safety
from jettison.plan.changes import SetCommand
from jettison.rules.rule import Rule
from jettison.values import Evidence

# Entry points that run what they are given, and scripts that end so without looking at it.
TRANSPARENT = frozenset({"tini", "dumb-init", "catatonit", "docker-init", "env", "nice", "exec"})
PASSES_ON = re.compile(r"\A(?!.*\$\{?1\b)(?!.*\$1\b).*\bexec \"\$@\"\s*\Z", re.DOTALL)
# What a shell does to words beside variables: patterns, home folders, braces.
PATTERN_CHARACTERS = frozenset("*?[]~{}")


def detect(plan: Plan) -> Iterator[Finding]:
    """Find a CMD or ENTRYPOINT in shell form."""
    found = (plan.stage.entrypoint, plan.stage.command)
    yield from (
        finding
        for invocation in found
        if invocation and invocation.words is None and invocation.text
        for finding in _findings(plan, invocation)
    )


def _findings(plan: Plan, invocation: Invocation) -> Iterator[Finding]:
    beside = _beside(plan, invocation)
    if beside is not None:
        yield _finding(invocation, beside, ())
        return
    script = run_script(invocation.instruction)
    command = script.commands[0] if len(script.commands) == 1 else None
    if command and command.name == "exec":
        return
    if command is None or not _is_plain(script, command) or _starts_a_shell(command):
        yield _finding(invocation, "is a shell script: make sure that it ends with exec", ())
        return
    if all(token.literal for token in command.tokens):
        if _lacks_interpreter(plan, command.name):
            message = f"runs {command.name}, which has no #! line and needs the shell"
            yield _finding(invocation, message, ())
            return
        words = command.words
        message = "runs without a shell around it, so that it receives SIGTERM"
    else:
        quoted = any(mark in command.raw for mark in "\"'\\")
        text = command.raw if quoted else " ".join(command.raw.split())
        words = (*_shell(plan), f"exec {text}")
        message = "replaces its shell (exec), so that it receives SIGTERM"
    yield _finding(invocation, message, words)


def _starts_a_shell(command: Command) -> bool:
    """Whether the command is itself a shell with its script, which stays in the exec form too."""
    words = command.words
    return words[0].rpartition("/")[2] in SHELLS and words[1:2] in (("-c",), ("-lc",), ("-ec",))


def _lacks_interpreter(plan: Plan, program: str) -> bool:
    """Whether a program is a script of the project that only a shell can start."""
    name = program.rpartition("/")[2]
    texts = plan.project.texts
    found = [text for path, text in texts.items() if path == name or path.endswith(f"/{name}")]
    return bool(found) and not all(text.startswith("#!") for text in found)


def _beside(plan: Plan, invocation: Invocation) -> str | None:
    """What the other one of ENTRYPOINT and CMD would make of the exec form, when it matters."""
    stage = plan.stage
    if invocation.keyword == "ENTRYPOINT":
        return "ignores CMD; in exec form it would not" if stage.command else None
    words = stage.entrypoint.words if stage.entrypoint else None
    if not words:
        return None
    name = words[0].rpartition("/")[2]
    scripts = [text for path, text in plan.project.texts.items() if path.endswith(f"/{name}")]
    scripts += [plan.project.texts[name]] if name in plan.project.texts else []
    if name in TRANSPARENT or any(PASSES_ON.search(text) for text in scripts):
        return None
    return f"is given to {name}, which may read it as it is"


def _shell(plan: Plan) -> tuple[str, ...]:
    """The shell that runs shell forms: what the last SHELL instruction names."""
    shells = [item.exec_form for item in plan.stage.inherited if item.keyword == "SHELL"]
    return shells[-1] if shells and shells[-1] else ("sh", "-c")


def _is_plain(script: Script, command: Command) -> bool:
    syntax = command.assignments or command.redirects or command.substitutions or command.nested
    patterns = any(
        token.literal and token.raw == token.text and PATTERN_CHARACTERS & set(token.text)
        for token in command.tokens
    )
    return script.flat and script.understood and not syntax and not patterns


def _finding(invocation: Invocation, message: str, words: tuple[str, ...]) -> Finding:
    changes = (SetCommand(keyword=invocation.keyword, words=words),) if words else ()
    return Finding(
        message=f"{invocation.keyword} {message}",
        evidence=(
            Evidence.of(
                "command", f"shell form: {invocation.keyword} {invocation.text}", invocation.origin
            ),
        ),
        safety=Safety.SAFE if changes else Safety.REVIEW,
        changes=changes,
    )


RULE = Rule(name="exec-form-command", level=1, documentation=__doc__, detect=detect)
