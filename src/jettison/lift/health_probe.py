"""Health checks that ask a URL with curl or wget, and the same question asked by Python."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from msgspec import Struct

from jettison.formats.compose import Service
from jettison.formats.dockerfile.run import run_script
from jettison.formats.shell import Command, Script
from jettison.lift.packages import requested
from jettison.lift.stage import FinalStage
from jettison.values import replace

CURL_VALUED = frozenset(
    {"-m", "--max-time", "--connect-timeout", "-o", "--output", "-A", "--user-agent", "--retry"}
)
WGET_VALUED = frozenset({"-O", "--output-document", "-T", "--timeout", "-t", "--tries", "-o"})
LIMITS = frozenset({"-m", "--max-time", "-T", "--timeout"})
# Options that change the question itself; a check with one of them stays as it is.
CURL_QUESTIONS = frozenset("XHduFI") | {"--request", "--header", "--data", "--user", "--head"}
FOLLOWING = frozenset({"-L", "--location"})
# A port that a shell looks up when the check runs: $PORT, ${PORT}, ${PORT:-8000}.
VARIABLE = re.compile(r":(?:\$(\w+)|\$\{(\w+)(?::-(\d+))?\})(?=/|$)")
HTTP = 80
WITH_PYTHON = re.compile(r"python|venv|conda|pypy")


class Probe(Struct, frozen=True, kw_only=True):
    """A GET request that says whether the application is well.

    ``strict`` says that a status of 400 or more is a failure, ``follows`` that redirects are
    followed; ``timeout`` is in seconds, None where only that of the health check itself holds.
    ``variable`` is the one that tells the port where it has a value, ``port`` the other.
    """

    host: str
    port: int
    path: str
    strict: bool
    timeout: float | None = None
    follows: bool = False
    variable: str = ""

    def python(self) -> tuple[str, ...]:
        """The words of a command that asks the same with the standard library.

        Redirects count as an answer where they are not followed.
        """
        port = f"os.environ.get('{self.variable}') or {self.port}" if self.variable else self.port
        modules = "os, " if self.variable else ""
        if self.follows:
            limit = "" if self.timeout is None else f", timeout={self.timeout:g}"
            address = f"'http://{self.host}:{self.port}{self.path}'"
            if self.variable:
                address = f"'http://{self.host}:%s{self.path}' % ({port})"
            asked = f"urllib.request.urlopen({address}{limit})"
            return ("python", "-c", f"import {modules}urllib.request; {asked}")
        verdict = "sys.exit(c.getresponse().status >= 400)" if self.strict else "c.getresponse()"
        limit = "" if self.timeout is None else f", timeout={self.timeout:g}"
        number = f"int({port})" if self.variable else port
        program = (
            f"import {modules}http.client, sys; "
            f"c = http.client.HTTPConnection('{self.host}', {number}{limit}); "
            f"c.request('GET', '{self.path}'); {verdict}"
        )
        return ("python", "-c", program)


def probe_of(script: Script) -> Probe | None:
    """The request that a health check's script makes, when it makes nothing else.

    Understood are one curl or wget, and ``|| exit 1`` behind it. The port may be a variable.
    """
    commands = script.commands
    if not script.understood or not 1 <= len(commands) <= 2:  # noqa: PLR2004  with its fallback
        return None
    if len(commands) == 2 and not _is_fallback(commands[1]):  # noqa: PLR2004
        return None
    found = next(filter(None, map(VARIABLE.search, commands[0].words)), None)
    if found is None or any("'" in token.raw for token in commands[0].tokens):
        return probe_of_words(commands[0].words)
    port = int(found[3] or HTTP)
    probe = probe_of_words([VARIABLE.sub(f":{port}", word) for word in commands[0].words])
    return probe and replace(probe, variable=found[1] or found[2])


def why_not(script: Script) -> str:
    """Say what keeps a check from being asked by Python alone."""
    words = [word for command in script.programs for word in command.words]
    if any(word.startswith("https:") for word in words):
        return "it asks by https, and Python may trust other certificates"
    if not script.understood or len([w for w in words if w in ("curl", "wget")]) > 1:
        return "it is more than one request"
    if len(script.programs) > 1 and not _is_fallback(script.programs[1]):
        return f"{script.programs[1].name} reads or follows the answer"
    return "it is no plain request of one address"


def probe_of_words(words: Sequence[str]) -> Probe | None:
    """The request that one curl or wget makes; None when it is not a plain GET."""
    program = words[0].rpartition("/")[2] if words else ""
    if program == "curl":
        return _curl(words[1:])
    return _wget(words[1:]) if program == "wget" else None


def probe_of_service(service: Service) -> Probe | None:
    """The request of a compose service's health check; None when variables are part of it."""
    check = service.healthcheck
    if check is None or not check.test or check.disable or check.variable:
        return None
    if check.test[0] == "CMD":
        return probe_of_words(check.test[1:])
    return probe_of_words(check.test[-1].split("||")[0].split())


def python_of(stage: FinalStage) -> str | None:
    """How the image's Python is called: ``python`` where an environment or a known base has it."""
    places = stage.environment.get("PATH", "").split(":")
    if WITH_PYTHON.search(stage.base) or any(map(WITH_PYTHON.search, places)):
        return "python"
    return "python3" if "python3" in requested(stage) else None


def script_of_check(stage: FinalStage) -> Script | None:
    """What the image's health check runs; None where there is none."""
    items = [item for item in stage.inherited if item.keyword == "HEALTHCHECK"]
    check = stage.health_check
    return run_script(items[-1]) if check and not check.none else None


def probe_of_check(stage: FinalStage) -> Probe | None:
    """The request of the image's health check that its Python can make; None for any other."""
    check, script = stage.health_check, script_of_check(stage)
    if check is None or script is None or python_of(stage) is None:
        return None
    return probe_of_words(check.exec_form) if check.exec_form else probe_of(script)


def python_check_of_service(service: Service, stage: FinalStage) -> tuple[str, ...]:
    """The words that ask the same as a service's health check with the image's Python.

    Empty when the check is no plain request, or when no Python is known to be on PATH.
    """
    probe, python = probe_of_service(service), python_of(stage)
    return (python, *probe.python()[1:]) if probe and python else ()


def _is_fallback(command: Command) -> bool:
    return command.connector == "||" and command.words in (("exit", "1"), ("false",), ("exit",))


def _curl(words: Sequence[str]) -> Probe | None:
    urls, options, timeout = _options(words, CURL_VALUED)
    letters = {letter for option in options if not option.startswith("--") for letter in option[1:]}
    if len(urls) != 1 or CURL_QUESTIONS & (letters | options):
        return None
    strict = "f" in letters or bool(options & {"--fail", "--fail-with-body"})
    follows = "L" in letters or bool(options & FOLLOWING)
    if follows and not strict:
        return None
    return _probe(urls[0], strict=strict, timeout=timeout, follows=follows)


def _wget(words: Sequence[str]) -> Probe | None:
    urls, options, timeout = _options(words, WGET_VALUED)
    known = {"--spider", "-q", "--quiet", "--no-verbose", "-nv", "-qO-", "--no-check-certificate"}
    valued = {option.partition("=")[0] for option in options} | WGET_VALUED
    if len(urls) != 1 or not options <= known | {
        o for o in options if o.partition("=")[0] in valued
    }:
        return None
    return _probe(urls[0], strict=True, timeout=timeout, follows=True)


def _options(
    words: Sequence[str], valued: frozenset[str]
) -> tuple[list[str], set[str], float | None]:
    urls: list[str] = []
    options: set[str] = set()
    timeout: float | None = None
    rest = list(words)
    while rest:
        word = rest.pop(0)
        name, _, value = word.partition("=")
        if not word.startswith("-"):
            urls.append(word)
            continue
        options.add(word)
        if name in valued:
            value = value or (rest.pop(0) if rest else "")
            timeout = float(value) if name in LIMITS and _is_number(value) else timeout
    return urls, options, timeout


def _probe(url: str, *, strict: bool, timeout: float | None, follows: bool) -> Probe | None:
    text = url if "://" in url else f"http://{url}"
    try:
        parts = urlsplit(text)
        port = parts.port or HTTP
    except ValueError:
        return None
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if parts.scheme != "http" or parts.username or not parts.hostname or _has_syntax(text):
        return None
    return Probe(
        host=parts.hostname, port=port, path=path, strict=strict, timeout=timeout, follows=follows
    )


def _has_syntax(text: str) -> bool:
    return any(character in text for character in "$`'\"\\ ")


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdecimal()
