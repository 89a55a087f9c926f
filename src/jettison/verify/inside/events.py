"""Finds the events that the application's servers of Socket.IO take."""

import gc
import inspect
import json
import re
import sys

from jettison.verify.inside import handlers

KEYS = re.compile(r"(?:\[|\.get\()\s*['\"](\w+)['\"]")
# what a connection brings by itself
OF_CONNECTIONS = ("connect", "disconnect", "connect_error", "*")
MOST = 30
# how a client of the protocol's fifth revision opens a namespace, and sends an event that is
# acknowledged; the number of the acknowledgement follows
OPENED, SENT = "40", "42"


def routes():
    """Give a route for each address that Socket.IO is served at, with what a client would say."""
    if "socketio" not in sys.modules:
        return
    found = [one for one in gc.get_objects() if of_socketio(type(one))]
    texts = [text for one in found if hasattr(one, "namespace_handlers") for text in said(one)]
    paths = {getattr(one, "engineio_path", "") for one in found}
    for path in sorted(filter(None, paths)) or ["socket.io"]:
        if texts:
            told = handlers.route(f"/{path.strip('/')}/", ["WEBSOCKET"])
            yield {**told, "reads": {"WEBSOCKET": client(texts[: MOST + 1])}}


def of_socketio(kind):
    """Tell whether a class is one of Socket.IO's, or made of one."""
    modules = (str(getattr(one, "__module__", "")) for one in kind.__mro__)
    return any(one.startswith(("socketio.", "engineio.")) for one in modules)


def client(texts):
    """Describe what a client asks for, and says, each text in a line."""
    query = {"EIO": {"enum": ["4"]}, "transport": {"enum": ["websocket"]}}
    return {
        "query": {"properties": query, "required": list(query)},
        "body": ("text/plain", {"type": "string", "enum": ["\n".join(texts)]}),
    }


def said(server):
    """Give the texts of a client that sends every event of a server once."""
    spaces = {name: dict(events) for name, events in server.handlers.items()}
    for name, own in server.namespace_handlers.items():
        events = {one[3:]: getattr(own, one) for one in dir(own) if one.startswith("on_")}
        spaces.setdefault(name, {}).update(events)
    number = 0
    for name, events in sorted(spaces.items()):
        place = "" if name == "/" else f"{name},"
        yield OPENED + place
        for event, handler in sorted(events.items()):
            if event not in OF_CONNECTIONS:
                number += 1
                yield f"{SENT}{place}{number}{json.dumps([event, *values(handler)])}"


def values(handler):
    """Give what an event brings, as far as its handler shows it."""
    function = inspect.unwrap(handler)
    try:
        taken = [
            one
            for one in inspect.signature(function).parameters.values()
            if one.default is one.empty and one.kind is one.POSITIONAL_OR_KEYWORD
        ]
        source = inspect.getsource(function)
    except (OSError, TypeError, ValueError):
        return ["hello"]
    # one that Flask does not wrap is called with the session first
    of_flask = function is not handler or str(function.__module__).startswith("flask_socketio")
    count = len(taken) - (not of_flask)
    fields = dict.fromkeys(KEYS.findall(source), "hello")
    return [fields or "hello", *(["hello"] * (count - 1))] if count > 0 else []
