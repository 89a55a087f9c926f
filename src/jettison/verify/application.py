"""What starts an application tells: what to import, where it listens, and what cron runs."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice, pairwise

from msgspec import Struct

from jettison.catalogue import table
from jettison.catalogue.systems import Services
from jettison.formats.compose import Service
from jettison.formats.dotenv import interpolate
from jettison.formats.shell import SHELLS
from jettison.lift import Project
from jettison.lift.stage import FinalStage
from jettison.source import is_crontab, may_be_crontab
from jettison.source.operations_collect import find_script
from jettison.values import whole_number
from jettison.verify.observation import Setting
from jettison.verify.request import Worker

_TARGET = re.compile(r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*(\(\))?$")
_MODULE = re.compile(r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$")
# What looks like a module in a package, and is a file that configures something.
_SETTINGS = (".conf", ".json", ".txt", ".ini", ".toml", ".yaml", ".yml", ".xml", ".cfg", ".env")
_SHELL_COMMAND = 3


class Application(Struct, frozen=True, kw_only=True):
    """What to import, in the order of trying.

    ``targets`` are ``module:attribute`` or a module alone; ``settings_files`` are files that may
    name Django's settings; ``folders`` are import paths.
    """

    targets: tuple[str, ...] = ()
    settings_files: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()


def words_of(command: tuple[str, ...]) -> tuple[str, ...]:
    """Give the words of a command; those of a shell's text and arguments when it is run by one."""
    if not command:
        return ()
    shell = command[0].rpartition("/")[2] in SHELLS
    if (
        shell
        and len(command) >= _SHELL_COMMAND
        and command[1].startswith("-")
        and "c" in command[1]
    ):
        try:
            words = tuple(shlex.split(command[2]))
        except (ValueError, RecursionError):
            return tuple(command[2].split())
        words = words[1:] if words[:1] == ("exec",) else words
        return (*words, *command[_SHELL_COMMAND + 1 :])
    return command


def find_application(
    command: tuple[str, ...], environment: Mapping[str, str], named: str = ""
) -> Application:
    """Read server commands (``uvicorn main:app``, ``flask --app``, ``gunicorn site.wsgi`` …)."""
    words = words_of(command)
    targets = [named] if named else []
    targets += _targets(words)
    targets += [environment[name] for name in ("FLASK_APP", "APP_MODULE") if environment.get(name)]
    folders = [
        words[index + 1]
        for index, word in enumerate(words[:-1])
        if word in {"--chdir", "--app-dir", "--pythonpath"}
    ]
    modules = [target.partition(":")[0].replace(".", "/") + ".py" for target in targets]
    return Application(
        targets=tuple(dict.fromkeys(targets)),
        settings_files=("manage.py", *modules),
        folders=tuple(folders),
    )


def _targets(words: tuple[str, ...]) -> Iterator[str]:
    for index, word in enumerate(words):
        if _TARGET.match(word):
            yield word
        elif word == "-m" and index + 1 < len(words):
            yield words[index + 1]
        elif word.startswith("--app="):
            yield word.removeprefix("--app=")
        elif word in {"--app", "-A"} and index + 1 < len(words):
            yield words[index + 1]
        elif word.endswith(".py"):
            yield word.removeprefix("./").lstrip("/").removesuffix(".py").replace("/", ".")
        elif index and _MODULE.match(word) and not word.endswith(_SETTINGS):
            yield word


def application_of(setting: Setting) -> Application:
    """Read where the application is from what starts it."""
    environment = {**dict(setting.facts.environment), **setting.request.environment}
    return find_application(setting.words, environment, setting.request.application)


DEFAULT_PORT = 8000
_NUMBER = r"(?:[\w.*\[\]-]*:)*(?P<port>\d{2,5})(?![\w.:])"
# Options of servers, and the keys of their files, that name an address or a port.
_OPTION = re.compile(
    r"(?:^|[\s\"'])(?:--(?:bind|port|http-port|http|https|http-socket|hosts?|listen|address"
    rf"|server[.-]port)|-b|-p)[\s=\"',]+{_NUMBER}"
)
_RUNSERVER = re.compile(rf"\brunserver(?:_plus)?[\s\"',]+{_NUMBER}")
_KEY = re.compile(
    rf"^[ \t]*(?:bind|http|http-socket|socket|port)\s*=[\s\"'\[(]*(?:f\")?{_NUMBER}", re.MULTILINE
)
_REFERENCE = re.compile(r"\$\{?PORT\b(?!\}?:?[-=])")
_ASSIGNED = re.compile(r"^[ \t]*(?:export[ \t]+)?(?:PORT=|:\s*\"?\$\{PORT:?=)", re.MULTILINE)
_SERVER = re.compile(
    r"\b(uvicorn|gunicorn|hypercorn|daphne|waitress|granian|uwsgi|runserver|fastapi|flask"
    r"|streamlit|gradio)\b"
)
# What servers listen on by default.
_OF_SERVERS = {
    "flask": 5000, "streamlit": 8501, "flower": 5555, "locust": 8089, "gradio": 7860,
    "waitress-serve": 8080, "jupyter": 8888, "mlflow": 5000, "bokeh serve": 5006,
    "panel serve": 5006,
}  # fmt: skip
# A variable that names a port, and the first words of those that name the port of a server.
_VARIABLE = re.compile(r"(?:(?P<of>[A-Z]+)_(?:\w+_)?)?PORT")
_OWN = frozenset({"", "app", "server", "http", "web", "api", "listen", "bind", "service"})


# A port that Python source names, as a keyword, in a variable, or in the address of a server.
_IN_SOURCE = re.compile(
    r"\bport\s*=\s*(?:int\()?\s*(?:[\w.]*(?:environ\.get|getenv)\(\s*[\"']\w+[\"']\s*,\s*)?[\"']?"
    r"(?P<port>\d{2,5})\b"
    r"|(?:Server|serve|server|listen|bind)\(\s*\(?\s*(?:[\"'][\w.:]*[\"']\s*,\s*)?(?P<other>\d{2,5})\b",
    re.IGNORECASE,
)
# What servers that source starts listen on by default.
_OF_CALLS = {"web.run_app(": 8080, "Flask(": 5000, "Bottle(": 8080, "gradio": 7860}


def listening_ports(
    project: Project,
    stage: FinalStage,
    service: Service | None,
    environment: Mapping[str, str],
    sources: Iterable[str] = (),
) -> tuple[int, ...]:
    """Give TCP ports, the most likely one for HTTP first; the usual one when nothing tells any.

    A port that the command names comes before those that are only declared, and those before what
    is found in ``sources``, the Python that it starts.
    """
    known = {**stage.environment, **environment}
    declared = [port.partition("/")[0] for port in stage.ports]
    declared += [port.target for port in (service.ports if service else ())]
    expanded = (interpolate(text, known) for text in declared)
    exposed = [number for number in map(whole_number, expanded) if number is not None]
    texts = list(_started(project, stage, service))
    named = [port for text in texts for port in _ports_named(interpolate(text, known))]
    # scripts that start a server wait for its database first
    known_services = table(Services)
    of_others = {known_services.ports.get(store.image) for store in known_services.stores}
    named = [port for port in named if port not in of_others]
    if not named and not exposed:
        started = tuple(sources)
        named = list(_ports_set(known, (*texts, *started)))
        named += [port for name, port in _OF_SERVERS.items() if re.search(rf"\b{name}\b", texts[0])]
        named += [port for text in started for port in _ports_of_source(text)]
    return tuple(dict.fromkeys((*named, *exposed))) or (DEFAULT_PORT,)


def tells_of_server(project: Project, stage: FinalStage, service: Service | None) -> bool:
    """Whether a port is declared, or what is started is a server by its name."""
    declared = stage.ports or (service is not None and service.ports)
    return bool(declared) or _SERVER.search(next(_started(project, stage, service))) is not None


def wants_port(
    project: Project, stage: FinalStage, service: Service | None, environment: Mapping[str, str]
) -> bool:
    """Whether what is started reads ``PORT``, which the platform sets and nothing here does."""
    texts = tuple(_started(project, stage, service))
    return (
        "PORT" not in {**stage.environment, **environment}
        and any(map(_REFERENCE.search, texts))
        and not any(map(_ASSIGNED.search, texts))
    )


def started_sources(
    project: Project, stage: FinalStage, service: Service | None
) -> tuple[str, ...]:
    """Give the Python files of the context that the start command names."""
    words = next(_started(project, stage, service)).split()
    modules = (after.replace(".", "/") for word, after in pairwise(words) if word == "-m")
    names = [word for word in words if word.endswith(".py")]
    names += [f"{module}{ending}" for module in modules for ending in (".py", "/__main__.py")]
    found = (find_script(name, project.files) for name in names)
    return tuple(dict.fromkeys(path for path in found if path))


def _ports_of_source(text: str) -> Iterator[int]:
    for found in _IN_SOURCE.finditer(text):
        yield int(found["port"] or found["other"])
    yield from (port for call, port in _OF_CALLS.items() if call in text)


def _ports_set(known: Mapping[str, str], texts: tuple[str, ...]) -> Iterator[int]:
    """Give the ports that variables set for a server which reads them, by its name or by theirs."""
    words = {word.lower() for text in texts for word in re.findall(r"\w+", text)}
    for name, value in known.items():
        found = _VARIABLE.fullmatch(name)
        if not found or not (port := whole_number(value)):
            continue
        of = (found["of"] or "").lower()
        if (of in words and _SERVER.fullmatch(of)) or (of in _OWN and name.lower() in words):
            yield port


def _ports_named(text: str) -> Iterator[int]:
    for form in (_OPTION, _RUNSERVER, _KEY):
        for found in form.finditer(text):
            yield int(found["port"])


def _started(project: Project, stage: FinalStage, service: Service | None) -> Iterator[str]:
    """Give the start command, and the text of scripts and settings of servers that it names."""
    parts = [part.text if part.words is None else " ".join(part.words)
             for part in (stage.entrypoint, stage.command) if part]  # fmt: skip
    if service and service.entrypoint:
        parts = [" ".join(service.entrypoint.words)]
    if service and service.command:
        parts = [*parts[: len(parts) - bool(stage.command)], " ".join(service.command.words)]
    text = " ".join(parts)
    yield text
    seen: set[str] = set()
    waiting = [text]
    while waiting:
        for word in re.findall(r"[\w./:-]+", waiting.pop()):
            path = _file(project, word)
            if path and path not in seen:
                seen.add(path)
                waiting.append(project.texts[path])
                yield project.texts[path]


def _file(project: Project, word: str) -> str | None:
    """Find the file of the project that a word of a command names; it has an ending or a folder."""
    if word.startswith("python:"):
        word = word.removeprefix("python:").replace(".", "/") + ".py"
    name = posixpath.basename(word)
    if "/" not in word and "." not in word.strip("."):
        return None
    same = [path for path in project.texts if posixpath.basename(path) == name]
    return find_script(word, same)


_CRON = re.compile(r"(?<![\w.-])(?:crond?|supercronic)(?![\w.-])")
_JOB = re.compile(r"\s*(?:@\w+|(?:\S+\s+){4}\S+)\s+(?P<command>.+)")
_SETS = re.compile(r"\s*(?P<name>[A-Z_]+)\s*=\s*[\"']?(?P<value>[^\"']*?)[\"']?\s*")
# What files in /etc/cron.d name before the command: crontab(5).
_USER = re.compile(r"^(?:root|www-data|nobody|app|appuser|daemon)\s+(?=\S)")
_MOST_JOBS = 6
# What cron gives to its jobs, without what the container has.
_OF_JOBS = {"PATH": "/usr/bin:/bin", "SHELL": "/bin/sh"}


def cron_jobs(
    project: Project,
    stage: FinalStage,
    service: Service | None,
    read: Callable[[str], str | None],
) -> tuple[Worker, ...]:
    """Give the commands that cron runs, where it is started, by the crontabs of the context.

    ``read`` gives the text of a file of the project.
    """
    if not any(map(_CRON.search, _started(project, stage, service))):
        return ()
    named = (path for path, size in project.files.items() if may_be_crontab(path, size))
    texts = ((path, read(project.in_context(path)) or "") for path in named)
    found = (job for path, text in texts if is_crontab(text) for job in _jobs(path, text))
    return tuple(islice(found, _MOST_JOBS))


def _jobs(path: str, text: str) -> Iterator[Worker]:
    known = dict(_OF_JOBS)
    for number, line in enumerate(text.splitlines(), 1):
        job = _JOB.fullmatch(line) if is_crontab(line) else None
        sets = _SETS.fullmatch(line)
        if job:
            # the rest behind an unescaped % is its input
            command = re.split(r"(?<!\\)%", _USER.sub("", job["command"], count=1))[0]
            yield Worker(
                name=f"{path}:{number}",
                entrypoint=(known["SHELL"],),
                command=("-c", command),
                environment=dict(known),
            )
        elif sets:
            known[sets["name"]] = sets["value"]
