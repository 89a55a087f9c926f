"""What commands of an image do: the one that it is started with, and others of the application."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from jettison.engines import Container
from jettison.errors import EngineError
from jettison.values import replace
from jettison.verify.application import find_application, words_of
from jettison.verify.exchange import Answer, Exchange
from jettison.verify.interior import ask, inquire, own_files
from jettison.verify.observation import EXIT_STATUS, Conversation, Setting

_SECONDS, _ROOT = 150.0, "/"
_OK, _ABSENT, _FURTHER = 200, 404, "further files"
_KINDS = {
    ".json": "application/json", ".csv": "text/csv", ".txt": "text/plain", ".log": "text/plain",
    ".xml": "application/xml", ".html": "text/html", ".md": "text/plain",
}  # fmt: skip


def run_to_its_end(
    container: Container, interpreter: str, setting: Setting, names: tuple[str, ...] | None = None
) -> tuple[_Ran | None, str]:
    """Run the command of an image in a container that waits; without a result, None and why.

    ``names`` are what another run gave: of further commands, those are run.
    """
    others = None if names is None else [one[1:-1] for one in names if one.startswith("`")]
    asked = {**_asked(setting), "others": others}
    return ask(container, interpreter, "batch", asked, _Ran)


def _asked(setting: Setting) -> dict[str, Any]:
    request, folder = setting.request, setting.facts.working_directory
    folders = (*request.volumes, *request.empty, *((folder,) if folder != "/" else ()))
    return {"words": setting.words, "folders": folders, "root": _ROOT, "seconds": _SECONDS}


class _Ran(Struct, frozen=True, kw_only=True):
    """What ``inside/batch.py`` gives of a run; of each file the first bytes and the size.

    ``others`` are status, streams and files of further commands of the same program.
    """

    status: int
    out: bytes
    err: bytes
    files: dict[str, tuple[bytes, int]]
    others: dict[str, tuple[int, bytes, bytes, dict[str, tuple[bytes, int]]]] = {}


def run_beside(
    container: Container, setting: Setting, talk: Conversation, ready: float
) -> tuple[tuple[Exchange, ...], ...]:
    """Run the application's own commands beside the server that the image is, after all requests.

    It has longer where it took longer to become ``ready``. Gives the one run, or none: nothing is
    run where the root is read-only and nobody promised that it works so.
    """
    narrow = setting.read_only and not setting.request.expected_read_only
    known = None if talk.explores and talk.commands is None else talk.commands or ()
    if narrow or talk.training or known == ():
        return ()
    words = words_of(setting.words)
    targets = find_application(words, dict(setting.facts.environment)).targets
    asked = {
        **_asked(setting),
        **own_files(setting.facts),
        "beside": True,
        "words": words,
        "targets": targets,
        "ready": ready,
        "others": known,
    }
    try:
        answer, _ = inquire(container, setting.facts, "batch", asked, _Ran)
    except EngineError:
        # one of them may have ended the server
        answer = None
    others = answer.others if answer else {}
    ran = tuple(Exchange(name=words, answer=_told(*others[words][:3])) for words in others)
    return (ran,) if ran else ()


def exchanges_of(answer: _Ran, names: tuple[str, ...] | None) -> Iterator[Exchange]:
    """Give what a command left as exchanges: those of ``names`` first, and what else there is."""
    found = {
        EXIT_STATUS: _text(str(answer.status).encode()),
        "standard output": _text(answer.out),
        **{f"file {path}": _file(path, *told) for path, told in answer.files.items()},
    }
    for words, (status, out, err, files) in answer.others.items():
        found[f"`{words}`"] = _told(status, out, err)
        made = {f"file {path} of `{words}`": _file(path, *told) for path, told in files.items()}
        found |= made
    known = names or tuple(found)
    further = "\n".join(name for name in found if name not in known) or "none"
    found[_FURTHER] = _text(further.encode())
    for name in dict.fromkeys((*known, _FURTHER)):
        yield Exchange(name=name, answer=found.get(name, Answer(status=_ABSENT, at=time.time())))


def _told(status: int, out: bytes, err: bytes) -> Answer:
    return _text(b"\n".join((f"{EXIT_STATUS} {status}".encode(), out, err)))


def _text(content: bytes) -> Answer:
    return Answer(status=_OK, headers={"content-type": "text/plain"}, body=content, at=time.time())


def _file(path: str, content: bytes, size: int) -> Answer:
    kind = _KINDS.get(path[path.rfind(".") :].lower(), "application/octet-stream")
    rest = f"{size} bytes" if size > len(content) else ""
    return replace(_text(content), headers={"content-type": kind}, rest=rest)
