"""Finds what the application offers: its own document, its router, or both."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct, field

from jettison.catalogue import table
from jettison.catalogue.systems import Samples
from jettison.engines import Container
from jettison.values import replace
from jettison.verify.exchange import Answer, Exchange
from jettison.verify.exchange.client import Requests, send
from jettison.verify.exchange.session import Session
from jettison.verify.interior import inquire
from jettison.verify.observation import Conversation, Observation, Setting
from jettison.verify.request import Credentials, CustomRequest, VerificationRequest
from jettison.verify.workload import Interface, Operation
from jettison.verify.workload.plan import usable, workload
from jettison.verify.workload.routes import join, join_documents, placed, route_operations
from jettison.verify.workload.step import Step, Training

_TARGET = re.compile(r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*(\(\))?$")
_MODULE = re.compile(r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$")
# What looks like a module in a package, and is a file that configures something.
_SETTINGS = (".conf", ".json", ".txt", ".ini", ".toml", ".yaml", ".yml", ".xml", ".cfg", ".env")
_SHELL_COMMAND = 3
_SHELLS = frozenset({"sh", "bash", "dash", "ash"})


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
    shell = command[0].rpartition("/")[2] in _SHELLS
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


def make_superuser(container: Container, setting: Setting) -> Exchange:
    """Make the account in a running container, with the site's own code.

    The exchange is compared like any other: status 200, or 0 and why it was not made.
    """
    application = application_of(setting)
    usual = table(Samples).account
    account = setting.request.credentials or Credentials(
        username=usual.username, password=usual.password
    )
    asked = {
        "files": application.settings_files,
        "folders": application.folders,
        "superuser": (account.username, usual.email, account.password),
    }
    answer, why = inquire(container, setting.facts, "django_site", asked, _Routed)
    if answer and answer.made:
        return _exchange("")
    return _exchange(why or "; ".join((answer and answer.failures) or ("no settings",)))


def _exchange(failure: str) -> Exchange:
    answer = Answer(status=0 if failure else _OK, failure=failure)
    return Exchange(name="make the account of the administration", answer=answer)


# Where frameworks put their document by default.
_DOCUMENTS = (
    "/openapi.json",
    "/api/openapi.json",
    "/api/v1/openapi.json",
    "/schema/openapi.json",
    "/api/schema/?format=json",
    "/swagger.json",
    "/apispec_1.json",
)
_NAMED = re.compile(r"(openapi|swagger|apispec|schema|api-?docs)[\w-]*(\.json)?/?$", re.I)
_OK = 200
_OF_SOURCES = "en"
_DOCUMENT = 32 * 2**20


class _Routed(Struct, frozen=True, kw_only=True):
    """What the scripts ``routes`` and ``django_site`` give of an application.

    ``folders`` are those it serves, by address; ``made`` is the account that was asked for.
    """

    routes: list[dict[str, Any]] = []
    openapi: list[dict[str, Any]] = []
    failures: list[str] = []
    superuser: bool = False
    folders: list[tuple[str, str]] = []
    made: str = ""


class Discovery(Struct, frozen=True, kw_only=True):
    """What was found; ``why`` says what could not be learned. ``superuser``: one can be made.

    ``languages`` are those that the application has texts in. ``unready`` is what was seen of an
    image that does not become ready.
    """

    interface: Interface = field(default_factory=Interface)
    superuser: bool = False
    languages: tuple[str, ...] = ()
    why: str = ""
    unready: Observation | None = None


def conversation(
    found: Discovery, request: VerificationRequest, training: Training | None = None
) -> Conversation:
    """Give what is said to an application, and from what is found there on."""
    steps = workload(found.interface, request.credentials)
    return Conversation(
        steps=(*steps, *custom_steps(request.probes)),
        token_scheme=found.interface.token_scheme,
        explores=True,
        superuser=found.superuser,
        languages=found.languages,
        training=training,
    )


def session_with(
    container: Container, request: VerificationRequest, talk: Conversation, seconds: float
) -> Session:
    """Begin to talk to a container on its first port, for so many seconds in all."""
    port = request.ports[0]
    requests = Requests(container.address(port), seconds, request.response_timeout)
    return Session(
        requests,
        f"localhost:{port}",
        talk.token_scheme,
        languages=talk.languages,
        late=lambda: requests.late,
        training=talk.training,
    )


def discover(container: Container, setting: Setting) -> Discovery:
    """Ask a ready container of the image before."""
    served = _served_document(container, setting.request, _DOCUMENTS)
    routed, why = _routed(container, setting)
    routes = route_operations(routed.routes)
    documents = (*((served,) if served else ()), *routed.openapi)
    if not documents:
        served = _served_document(container, setting.request, _telling(routes))
        documents = (served,) if served else ()
    found = Interface()
    for document in documents:
        found = join_documents(found, placed(document, routes))
    files = _served_files(container, setting, routed.folders)
    found = usable(replace(join(found, routes), files=files))
    if found.operations:
        languages = _languages(container, setting)
        return Discovery(interface=found, superuser=routed.superuser, languages=languages)
    failures = "; ".join(routed.failures) or why or "no known framework"
    plain = [
        Operation(method="GET", path=path)
        for path in dict.fromkeys(("/", setting.health_path or "/"))
    ]
    return Discovery(
        interface=Interface(operations=tuple(plain)), why=f"no routes could be found: {failures}"
    )


def _served_files(
    container: Container, setting: Setting, folders: Iterable[tuple[str, str]]
) -> tuple[str, ...]:
    """Give the addresses of the files in folders that the application serves."""
    if not folders:
        return ()
    asked = {"list": "served", "folders": list(folders)}
    answer, _ = inquire(container, setting.facts, "lists", asked, list[str])
    return tuple(answer or ())


def _languages(container: Container, setting: Setting) -> tuple[str, ...]:
    """Give the languages that the application has catalogues of, as browsers name them."""
    folder = setting.facts.working_directory
    if not folder.strip("/"):
        return ()
    asked = {"list": "languages", "folder": folder}
    answer, _ = inquire(container, setting.facts, "lists", asked, list[str])
    # texts of the source itself have no catalogue
    return tuple(sorted({*answer, _OF_SOURCES})) if answer else ()


def _telling(routes: Iterable[Operation]) -> tuple[str, ...]:
    """Give the paths of routes that have the name of a document in a place of its own."""
    plain = (one.path for one in routes if one.method == "GET" and not one.parameters)
    return tuple(path for path in plain if path not in _DOCUMENTS and _NAMED.search(path))


def _served_document(
    container: Container, request: VerificationRequest, paths: Iterable[str]
) -> dict[str, Any] | None:
    port = request.ports[0]
    for path in paths:
        headers = {"Host": f"localhost:{port}", "Accept": "application/json"}
        answer = send(container.address(port), "GET", path, headers, kept=_DOCUMENT)
        if answer.status == _OK and not answer.unended:
            try:
                document = json.loads(answer.body)
            except (ValueError, RecursionError):
                continue
            if isinstance(document, dict) and isinstance(document.get("paths"), dict):
                return document
    return None


def _routed(container: Container, setting: Setting) -> tuple[_Routed, str]:
    application = application_of(setting)
    site = {"files": application.settings_files, "folders": application.folders}
    answer, why = inquire(container, setting.facts, "django_site", site, _Routed)
    if answer and answer.routes:
        return answer, ""
    asked = {
        "targets": application.targets,
        "folders": application.folders,
        "processes": "/proc",  # the container's own
    }
    answer, why = inquire(container, setting.facts, "routes", asked, _Routed)
    return (answer or _Routed()), why


def custom_steps(probes: Iterable[CustomRequest]) -> tuple[Step, ...]:
    """Give the user's own requests as steps."""
    return tuple(
        Step(
            method=probe.method,
            path=probe.path,
            variation="probe",
            headers=probe.headers,
            raw_body=probe.body,
        )
        for probe in probes
    )
