"""Health checks that ask a URL with curl or wget, and the same question asked by Python."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from msgspec import Struct

from jettison.formats.compose import Service
from jettison.formats.shell import Command, Script

CURL_VALUED = frozenset(
    {"-m", "--max-time", "--connect-timeout", "-o", "--output", "-A", "--user-agent", "--retry"}
)
WGET_VALUED = frozenset({"-O", "--output-document", "-T", "--timeout", "-t", "--tries", "-o"})
LIMITS = frozenset({"-m", "--max-time", "-T", "--timeout"})
# Options that change the question itself; a check with one of them stays as it is.
CURL_QUESTIONS = frozenset("XHduFI") | {"--request", "--header", "--data", "--user", "--head"}


class Probe(Struct, frozen=True, kw_only=True):
    """A GET request that says whether the application is well.

    ``strict`` says that a status of 400 or more is a failure; ``timeout`` is in
    seconds, None where only that of the health check itself holds.
    """

    host: str
    port: int
    path: str
    strict: bool
    timeout: float | None = None

    def python(self) -> tuple[str, ...]:
        """The words of a command that asks the same with the standard library.

        Redirects count as an answer, as they do for curl without ``-L``.
        """
        verdict = "sys.exit(c.getresponse().status >= 400)" if self.strict else "c.getresponse()"
        limit = "" if self.timeout is None else f", timeout={self.timeout:g}"
        program = (
            "import http.client, sys; "
            f"c = http.client.HTTPConnection('{self.host}', {self.port}{limit}); "
            f"c.request('GET', '{self.path}'); {verdict}"
        )
        return ("python", "-c", program)


def probe_of(script: Script) -> Probe | None:
    """The request that a health check's script makes, when it makes nothing else.

    Understood are one curl or wget, and ``|| exit 1`` behind it.
    """
    commands = script.commands
    if not script.understood or not 1 <= len(commands) <= 2:  # noqa: PLR2004  with its fallback
        return None
    if len(commands) == 2 and not _is_fallback(commands[1]):  # noqa: PLR2004
        return None
    return probe_of_words(commands[0].words)


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


def _is_fallback(command: Command) -> bool:
    return command.connector == "||" and command.words in (("exit", "1"), ("false",), ("exit",))


def _curl(words: Sequence[str]) -> Probe | None:
    urls, options, timeout = _options(words, CURL_VALUED)
    letters = {letter for option in options if not option.startswith("--") for letter in option[1:]}
    if len(urls) != 1 or CURL_QUESTIONS & (letters | options):
        return None
    strict = "f" in letters or bool(options & {"--fail", "--fail-with-body"})
    return _probe(urls[0], strict=strict, timeout=timeout)


def _wget(words: Sequence[str]) -> Probe | None:
    urls, options, timeout = _options(words, WGET_VALUED)
    known = {"--spider", "-q", "--quiet", "--no-verbose", "-nv", "-qO-", "--no-check-certificate"}
    valued = {option.partition("=")[0] for option in options} | WGET_VALUED
    if len(urls) != 1 or not options <= known | {
        o for o in options if o.partition("=")[0] in valued
    }:
        return None
    return _probe(urls[0], strict=True, timeout=timeout)


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


def _probe(url: str, *, strict: bool, timeout: float | None) -> Probe | None:
    text = url if "://" in url else f"http://{url}"
    try:
        parts = urlsplit(text)
        port = parts.port or 80
    except ValueError:
        return None
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if parts.scheme != "http" or parts.username or not parts.hostname or _has_syntax(text):
        return None
    return Probe(host=parts.hostname, port=port, path=path, strict=strict, timeout=timeout)


def _has_syntax(text: str) -> bool:
    return any(character in text for character in "$`'\"\\ ")


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdecimal()
