"""Asks the Python of a running container; nothing is installed in it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from msgspec import Struct, ValidationError

from jettison.catalogue import table
from jettison.catalogue.systems import Loopback
from jettison.engines import Bind, Container, Executes, ImageFacts, ImageID
from jettison.errors import EngineError, ProgramError
from jettison.processes.concurrent import beside
from jettison.values import converted, python_expression, replace
from jettison.verify.observation import Interior, Inventory
from jettison.verify.request import VerificationRequest

Answer = TypeVar("Answer")
_INSIDE = "jettison.verify.inside"
# Searched for, as an image's Python may write millions of lines.
_ANSWERED = re.compile(rb"^jettison-says:[ \t]*(.*)", re.MULTILINE)
_TIMEOUT = 180.0
_OTHERWISE = "its Python answered otherwise"
_NO_PYTHON = "there is no Python on the path of the image"
# Makes modules of texts when they are imported, as the image does not have Jettison.
_BESIDE = """import sys
class Beside:
    texts = {texts!r}
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        within = any(one.startswith(name + ".") for one in cls.texts)
        if name in cls.texts or within:
            return type(sys.__spec__)(name, cls, is_package=within)
    @staticmethod
    def create_module(spec):
        return None
    @classmethod
    def exec_module(cls, module):
        exec(cls.texts.get(module.__name__, ""), module.__dict__)
sys.meta_path.insert(0, Beside)
"""
# Where a base image has its own, and what the engine makes of it.
_SYSTEM = re.compile(r"/(usr|lib\w*|s?bin|etc)/(?!.*(site|dist)-packages/)")
_MADE = re.compile(r"/etc/(hosts|hostname|resolv\.conf|mtab|ld\.so\.cache)$")
# An image is named by its content, and each look starts a Python.
_found: dict[ImageID, str] = {}
HOST_NAME = "application.jettison"
"""The name by which the engine's name server knows the container of the application."""


def find_interpreter(container: Container, facts: ImageFacts) -> str | None:
    """Give the Python that runs the application: beside its program, of its process, or usual.

    Raises EngineError for one that does not end what it is to do: nothing can be asked of it.
    """
    if facts.id in _found:
        return _found[facts.id]
    for candidate in interpreters(facts):
        try:
            done = container.execute((candidate, "-c", ""))
        except ProgramError as late:
            why = f"`{candidate} -c ''` in the image, which does nothing, was stopped: {late}"
            raise EngineError("the Python of the image does not respond", why=why) from late
        if done.status == 0:
            return applications_own(container, facts, candidate)
    return None


def applications_own(
    container: Executes,
    facts: ImageFacts,
    interpreter: str,
    waits_for: tuple[str, ...] | None = None,
) -> str:
    """Give the Python that runs the application, as a Python of its image tells.

    In a container that only waits no process tells, but the command that it ``waits_for``.
    """
    if facts.id in _found:
        return _found[facts.id]
    asked = {"waits": waits_for is not None, "words": waits_for or ()}
    told, _ = ask(container, interpreter, "interpreters", asked, str)
    if waits_for is None:
        _found[facts.id] = told or interpreter
    return told or interpreter


def interpreters(facts: ImageFacts) -> tuple[str, ...]:
    """Give where an image's Python may be, the likeliest first."""
    words = [word for word in (*facts.entrypoint, *facts.command) if word.startswith("/")]
    beside = [f"{word.rpartition('/')[0]}/python" for word in words]
    project = f"{facts.working_directory.rstrip('/')}/.venv/bin/python"
    usual = ("python", "python3", "/usr/bin/python3", project)
    return tuple(dict.fromkeys((*beside, *usual)))


def script_text(script: str, asked: dict[str, Any] | None) -> str:
    """Give the text of a script of ``inside``, with what it is asked in front if anything is.

    What it imports of Jettison comes along, so that it can be imported in the container.
    """
    text = _text(f"{_INSIDE}.{script}")
    texts = {module: _text(module) for module in _brought(text)}
    beside = _BESIDE.format(texts=texts) if texts else ""
    return beside + (text if asked is None else f"ASKED = {asked!r}\n{text}")


def _text(module: str) -> str:
    package, _, name = module.rpartition(".")
    return resources.files(package).joinpath(f"{name}.py").read_text("utf-8")


_IMPORT = re.compile(r"^ *from (jettison\.\S+) import (.+)$", re.MULTILINE)


def _brought(text: str) -> tuple[str, ...]:
    """Give the modules that a script imports of Jettison, with what those import."""
    modules = tuple(
        f"{package}.{name.strip()}"
        for package, names in _IMPORT.findall(text)
        for name in names.split(",")
    )
    inner = (one for module in modules for one in _brought(_text(module)))
    return tuple(dict.fromkeys((*modules, *inner)))


# What reading a literal that an image wrote may raise (docs.python.org, "ast.literal_eval").
_ODD = (MemoryError, RecursionError, SyntaxError, TypeError, ValueError)


def ask(
    container: Executes, interpreter: str, script: str, asked: dict[str, Any], kind: type[Answer]
) -> tuple[Answer | None, str]:
    """Run a script of ``inside`` and give its answer; without one of that kind, None and why.

    It is the image's Python that answers, so that anything may come.
    """
    try:
        done = container.execute(
            (interpreter, "-B", "-"),
            stdin=script_text(script, asked).encode("utf-8"),
            timeout=_TIMEOUT,
        )
    except ProgramError as late:
        return None, str(late)
    if found := _ANSWERED.search(done.stdout):
        answer = found[1].decode("utf-8", "replace").strip()
        try:
            return shaped(ast.literal_eval(python_expression(answer)), kind)
        except _ODD as wrong:
            return None, f"{_OTHERWISE}: {type(wrong).__name__}"
    last = done.error_text.rpartition("\n")[2]
    return None, last or f"its Python wrote nothing (status {done.status})"


def shaped(answer: object, kind: type[Answer]) -> tuple[Answer | None, str]:
    """Give what a script answered in its type; of another shape, None and why."""
    try:
        return converted(answer, kind), ""
    except ValidationError as wrong:
        return None, f"{_OTHERWISE}: {wrong}"


def inquire(
    container: Container, facts: ImageFacts, script: str, asked: dict[str, Any], kind: type[Answer]
) -> tuple[Answer | None, str]:
    """Ask the Python that runs the application, as ``ask`` does."""
    interpreter = find_interpreter(container, facts)
    if interpreter is None:
        return None, _NO_PYTHON
    return ask(container, interpreter, script, asked, kind)


_LINE = "import sys; exec(compile(open({path!r}).read(), {path!r}, 'exec'), {{}})\n"


def hooked(folder: Path, target: str, name: str, site: str, text: str) -> tuple[Bind, ...]:
    """Write to a folder what has each Python run a text first, and give how that is mounted.

    ``name`` is the file in ``site``, a folder of distributions that its Python reads ``.pth`` files
    of; the image stays as it is.
    """
    folder.chmod(0o755)
    texts = {"hook.py": text, name: _LINE.format(path=f"{target}/hook.py")}
    for one, content in texts.items():
        (folder / one).write_text(content, encoding="utf-8")
        (folder / one).chmod(0o644)
    return Bind(source=folder, target=target), Bind(source=folder / name, target=f"{site}/{name}")


def interior(
    container: Container,
    facts: ImageFacts,
    request: VerificationRequest,
    touched: Iterable[str] = (),
    ready: float = 0.0,
    *,
    lists: bool = True,
) -> tuple[Interior | None, str]:
    """Learn all that the checks compare; without an answer, None and why.

    ``touched`` are files to be told apart, ``ready`` is how long it took to become ready. Without
    ``lists``, those of installed software are not read.
    """
    interpreter = find_interpreter(container, facts)
    if interpreter is None:
        return None, _NO_PYTHON
    with beside() as pool:
        imported = pool.submit(_modules, container, interpreter, request.modules)
        files = table(Loopback).files
        tls = pool.submit(ask, container, interpreter, "capabilities", files, tuple[bool, str])
        listed = pool.submit(_inventory, container, interpreter) if lists else None
        asked = {**_asked(request), "touched": tuple(touched), "ready": ready}
        told, why = ask(container, interpreter, "facts", asked, dict[str, Any])
    if told is None:
        return None, why
    (secure, said), (modules, wrong) = tls.result(), imported.result()
    modules = modules or dict.fromkeys(request.modules, (False, wrong))
    told = {**told, "secure": secure or (False, said), "modules": modules}
    found, why = shaped(told, Interior)
    return (replace(found, inventory=listed.result()) if found and listed else found), why


def written_files(
    container: Container, facts: ImageFacts, request: VerificationRequest, since: float = 0.0
) -> tuple[frozenset[str], ...]:
    """Give the files that were written since a moment or the start; nothing when nobody tells."""
    asked = {**_asked(request), "alone": True, "since": since}
    found, _ = inquire(container, facts, "facts", asked, dict[str, str])
    return () if found is None else (frozenset(found),)


def _modules(
    container: Container, interpreter: str, names: tuple[str, ...]
) -> tuple[dict[str, tuple[bool, str]] | None, str]:
    if not names:
        return {}, ""
    kind = dict[str, tuple[bool, str]]
    return ask(container, interpreter, "capabilities", {"modules": names}, kind)


def of_the_system(opened: frozenset[str] | None, facts: ImageFacts) -> frozenset[str]:
    """Give the opened files that are the system's: not the application's, nor a distribution's."""
    folder = facts.working_directory.rstrip("/")
    return frozenset(
        path
        for path in opened or ()
        if _SYSTEM.match(path) and not _MADE.match(path)
        if not (folder and path.startswith(f"{folder}/"))
    )


# Folders of the system: where an image has no working directory, the application lies beside them.
_OF_SYSTEMS = (
    "bin", "boot", "dev", "etc", "lib", "lib32", "lib64", "libx32", "lost+found", "media", "proc",
    "root", "run", "sbin", "sys", "tmp", "usr", "var",
)  # fmt: skip


def own_files(facts: ImageFacts) -> dict[str, Any]:
    """Say to a script where the application lies: its folder, and those in it that are not its."""
    folder = facts.working_directory or "/"
    others = [f"/{name}" for name in _OF_SYSTEMS] if folder == "/" else []
    return {"folder": folder, "others": others}


def _asked(request: VerificationRequest) -> dict[str, Any]:
    return {
        "time_zones": ("", *request.time_zones),
        "programs": request.programs,
        "libraries": request.libraries,
        "names": ("localhost", HOST_NAME, *(one.name for one in request.services)),
        "ports": request.ports,
        "volumes": (*request.volumes, *request.empty),
        # with a read-only root, none can be written elsewhere
        "elsewhere": not request.expected_read_only,
        "writable": (
            *request.volumes,
            *request.empty,
            *(target.partition(":")[0] for target in request.tmpfs),
        ),
    }


class _Listed(Struct, frozen=True, kw_only=True):
    """An inventory as ``inside/lists.py`` gives it."""

    packages: dict[str, str]
    unclaimed: tuple[str, ...]
    missing: dict[str, tuple[int, str]]


def _inventory(container: Container, interpreter: str) -> Inventory | None:
    """Learn what lists of software know of the files; None without an answer."""
    found, _ = ask(container, interpreter, "lists", {"list": "inventory"}, _Listed)
    if found is None:
        return None
    return Inventory(
        packages=found.packages,
        unclaimed=found.unclaimed,
        missing={
            name: f"{count} files, such as {first}"
            for name, (count, first) in found.missing.items()
        },
    )
