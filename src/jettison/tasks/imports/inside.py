"""Runs inside an environment: imports a module, or looks for some, and writes what came of it.

The request comes as JSON on standard input, the answer goes to the file that is named. Only the
standard library is there, in any version of Python 3 that images have.
"""

import importlib
import importlib.util
import json
import os
import socket
import sys
from typing import Any, Dict, List, NoReturn, Optional


def main(request: Dict[str, Any]) -> Dict[str, Any]:
    """Do what the request says: import ``module``, or look for each of ``find``."""
    sys.path[:1] = request["roots"]
    for name in ("connect", "connect_ex", "bind"):
        setattr(socket.socket, name, _refused)
    if "find" in request:
        return {"found": {name: _found(name, request["top"]) for name in request["find"]}}
    outcome = _imported(request["module"], request["top"])
    loaded = [name for name, found in sys.modules.items() if getattr(found, "__file__", None)]
    return {**outcome, "loaded": loaded}


def _refused(*_arguments: object) -> NoReturn:
    raise OSError("there is no network while imports are tried")


def _found(name: str, top: str) -> Dict[str, Any]:
    try:
        if importlib.util.find_spec(name) is not None:
            return {}
    except BaseException as error:
        return _told(error, top)
    return {"error": "ModuleNotFoundError", "missing": name, "message": f"No module named {name!r}"}


def _imported(name: str, top: str) -> Dict[str, Any]:
    try:
        importlib.import_module(name)
    except BaseException as error:
        return _told(error, top)
    return {}


def _told(error: BaseException, top: str) -> Dict[str, Any]:
    """The import that failed, also when something else was raised because of it."""
    told: BaseException = error
    below: Optional[BaseException] = error
    while below is not None and not isinstance(told, ImportError):
        told = below if isinstance(below, ImportError) else told
        below = below.__cause__ or below.__context__
    kind = type(told).__name__
    if isinstance(told, ImportError):
        kind = "ImportError"
        if isinstance(told, ModuleNotFoundError):
            kind = "ModuleNotFoundError"
    return {
        "error": kind,
        "missing": getattr(told, "name", None) or "",
        "message": (str(told).splitlines() or [""])[0][:300],
        "place": _place(told, top) or _place(error, top),
    }


def _place(error: BaseException, top: str) -> Optional[List[Any]]:
    """The last line of the project that led to an error."""
    place: Optional[List[Any]] = None
    trace = error.__traceback__
    while trace is not None:
        named = trace.tb_frame.f_code.co_filename
        file = "" if named.startswith("<") else os.path.abspath(named)
        if file.startswith(top + os.sep):
            place = [file[len(top) + 1 :], trace.tb_lineno]
        trace = trace.tb_next
    return place


if __name__ == "__main__":
    answer = main(json.load(sys.stdin))
    with open(sys.argv[1], "w", encoding="utf-8") as stream:
        json.dump(answer, stream)
    # What the imports started is not waited for.
    os._exit(0)
