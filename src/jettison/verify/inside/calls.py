"""Calls each method that a server of gRPC serves. ``ASKED`` is put in front of this text.

It runs in a container of its own beside that of the server. The modules that protoc generated
describe services and messages. Only the calls of ``names`` are made; without any, those of all that
is found and served, in ``training`` not of all. ``texts`` are patterns of names with a value each.
"""

import importlib
import importlib.util
import json
import os
import re
import socket
import sys
import time
import warnings

ASKED = globals().get("ASKED", {})
MARKER = "jettison-says:"
GENERATED = "_pb2.py"
LEFT_OUT = {"__pycache__", "node_modules", ".git", "tests", "test"}
INSTALLED = ("site-packages", "dist-packages")
# In training, each of so many methods is left to be seen later: what was not traced works too.
WITHHELD = 3
MOST_MODULES, MOST_CALLS, MOST_MESSAGES, MOST_DEPTH = 400, 400, 20, 4
READY_SECONDS, CALL_SECONDS, ALL_SECONDS = 20.0, 10.0, 90.0
# what takes away, or ends the server, comes last
LAST = re.compile(r"delete|remove|clear|reset|purge|empty|cancel|stop|shut|drop", re.I)
# names of status codes, and how HTTP has them (google/rpc/code.proto, "HTTP Mapping")
STATUSES = {
    "OK": 200,
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "OUT_OF_RANGE": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ABORTED": 409,
    "ALREADY_EXISTS": 409,
    "RESOURCE_EXHAUSTED": 429,
    "CANCELLED": 499,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}
BROKEN = 500
# what servers say of a service that they do not have ("Method not found!")
UNSERVED, UNKNOWN = 501, "not found"

# what is imported prints no part of the answer
SAID = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
warnings.simplefilter("ignore")
END = time.monotonic() + ALL_SECONDS


def generated():
    """Give the files of generated modules: the application's, then those of distributions."""
    own = ASKED["folder"]
    others = set(ASKED.get("others", ()))
    for folder in dict.fromkeys((own, *sys.path)):
        for place, inner, names in os.walk(folder or "."):
            left = INSTALLED if folder == own else ()
            inner[:] = sorted(
                one
                for one in inner
                if one not in LEFT_OUT
                and one not in left
                and os.path.join(place, one) not in others
            )
            yield from (
                os.path.join(place, one) for one in sorted(names) if one.endswith(GENERATED)
            )


def described(path):
    """Import a generated module as what it imports beside it is found, and give what it says."""
    folder, name = os.path.split(path)
    if folder not in sys.path:
        sys.path.append(folder)
    name = name[: -len(".py")]
    try:
        module = sys.modules.get(name) or importlib.import_module(name)
        if os.path.realpath(getattr(module, "__file__", "") or "") != os.path.realpath(path):
            spec = importlib.util.spec_from_file_location(f"jettison_{abs(hash(path))}", path)
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
    except Exception as wrong:
        FAILURES.append(f"{path}: {type(wrong).__name__}: {wrong}"[:200])
        return None
    return module.DESCRIPTOR


FAILURES = []


def services():
    """Give the services that are described, by their names."""
    found = {}
    for number, path in enumerate(dict.fromkeys(map(os.path.realpath, generated()))):
        if number == MOST_MODULES:
            break
        file = described(path)
        for one in file.services_by_name.values() if file is not None else ():
            found.setdefault(one.full_name, one)
    return found


def made(kind):
    """Give the class of a message."""
    from google.protobuf import message_factory

    if hasattr(message_factory, "GetMessageClass"):
        return message_factory.GetMessageClass(kind)
    return message_factory.MessageFactory().GetPrototype(kind)


def is_many(one):
    """Whether a field holds several values; newer releases have no ``label``."""
    many = getattr(one, "is_repeated", None)
    return one.label == one.LABEL_REPEATED if many is None else many


def filled(message, known, depth=0):
    """Set every field, of alternatives the first."""
    taken = set()
    for one in message.DESCRIPTOR.fields:
        group = one.containing_oneof
        if group is not None and (group.name in taken or depth == MOST_DEPTH):
            continue
        if group is not None:
            taken.add(group.name)
        if one.message_type is None:
            value = scalar(one, known)
            if is_many(one):
                getattr(message, one.name).append(value)
            else:
                setattr(message, one.name, value)
        elif depth < MOST_DEPTH:
            nested(message, one, known, depth + 1)
    return message


def nested(message, one, known, depth):
    """Set a field that holds messages."""
    inner = getattr(message, one.name)
    if one.message_type.GetOptions().map_entry:
        key, value = one.message_type.fields
        if value.message_type is None:
            inner[scalar(key, known)] = scalar(value, known)
        else:
            filled(inner[scalar(key, known)], known, depth)
    elif is_many(one):
        filled(inner.add(), known, depth)
    else:
        inner.SetInParent()
        filled(inner, known, depth)


def scalar(one, known):
    """Give a value for a field: what responses had under its name, or a sample."""
    name, kind = one.name.lower(), one.cpp_type
    value = known.get(name)
    if kind == one.CPPTYPE_ENUM:
        values = one.enum_type.values
        value = values[min(1, len(values) - 1)].number
    elif kind == one.CPPTYPE_BOOL:
        value = True
    elif kind in (one.CPPTYPE_DOUBLE, one.CPPTYPE_FLOAT):
        value = 1.5
    elif one.type == one.TYPE_BYTES:
        value = b"sample"
    elif kind == one.CPPTYPE_STRING and not (isinstance(value, str) and value):
        texts = ASKED.get("texts", ())
        value = next((text for pattern, text in texts if re.search(pattern, name)), "sample")
    elif kind != one.CPPTYPE_STRING and not (isinstance(value, int) and 0 <= value < 1 << 31):
        value = 1
    return value


def learn(known, value, kind=""):
    """Note what a response holds under each name, and what is an id of something."""
    if isinstance(value, list):
        for one in value[:2]:
            learn(known, one, kind)
    elif isinstance(value, dict):
        for name, one in value.items():
            if isinstance(one, (dict, list)):
                learn(known, one, name.rstrip("s"))
            else:
                known.setdefault(name.lower(), one)
                known.setdefault(f"{kind}_{name}".lower(), one)


def call(channel, method, messages):
    """Call a method, and give the status, what came, and the details of an error."""
    import grpc
    from google.protobuf import descriptor_pb2
    from google.protobuf.json_format import MessageToDict

    proto = descriptor_pb2.MethodDescriptorProto()
    method.CopyToProto(proto)
    asks, streams = proto.client_streaming, proto.server_streaming
    kind = f"{'stream' if asks else 'unary'}_{'stream' if streams else 'unary'}"
    ask = getattr(channel, kind)(
        f"/{method.containing_service.full_name}/{method.name}",
        request_serializer=lambda one: one.SerializeToString(deterministic=True),
        response_deserializer=made(method.output_type).FromString,
    )
    came = []
    try:
        found = ask(iter(messages) if asks else messages[0], timeout=CALL_SECONDS)
        for one in found if streams else (found,):
            came.append(MessageToDict(one, preserving_proto_field_name=True))
            if len(came) == MOST_MESSAGES:
                found.cancel()
                break
    except grpc.RpcError as wrong:
        return STATUSES.get(wrong.code().name, BROKEN), came, wrong.details() or wrong.code().name
    return STATUSES["OK"], came if streams else came[0], ""


class Calls:
    """All methods are called without anything, with everything, and then with what was learned."""

    def __init__(self, channel, methods):
        self.channel, self.methods = channel, methods
        self.wanted = ASKED.get("names")
        if ASKED.get("training"):
            self.methods = [one for number, one in enumerate(methods, 1) if number % WITHHELD]
        self.known, self.unserved, self.told = {}, set(), []

    def answered(self):
        """Give the name of each call, its status and what came of it."""
        for method in self.methods:
            plain = made(method.input_type)
            self.tell(method, "empty", plain())
            if method.input_type.fields:
                self.tell(method, "", filled(plain(), {}))
        for method in self.methods:
            kind = made(method.input_type)
            message = filled(kind(), self.known)
            if message != filled(kind(), {}):
                self.tell(method, "with known values", message)
        return self.told

    def tell(self, method, how, message):
        """Call a method, unless nobody serves it, and note what came."""
        service = method.containing_service.full_name
        name = f"{service}/{method.name}" + (f" ({how})" if how else "")
        over = len(self.told) == MOST_CALLS or time.monotonic() > END
        if service in self.unserved or (name not in self.wanted if self.wanted else over):
            return
        status, came, details = call(self.channel, method, [message, message])
        if not self.wanted and status == UNSERVED and UNKNOWN in details.lower():
            self.unserved.add(service)
            return
        learn(self.known, came)
        body = {"details": details, "response": came} if details else came
        self.told.append((name, status, json.dumps(body, sort_keys=True)))


def main():
    """Call everything, and give what came of it and why nothing did."""
    try:
        import grpc
    except ImportError as wrong:
        return {"called": [], "why": f"its Python cannot call: {wrong}"}
    found = services()
    if not found:
        why = "; ".join(FAILURES[:3]) or "no module describes its services"
        return {"called": [], "why": why}
    methods = [method for name in sorted(found) for method in found[name].methods]
    methods.sort(key=lambda one: bool(LAST.search(one.name)))
    address = f"{socket.gethostbyname(ASKED['host'])}:{ASKED['port']}"
    with grpc.insecure_channel(address) as channel:
        try:
            grpc.channel_ready_future(channel).result(READY_SECONDS)
        except grpc.FutureTimeoutError:
            return {"called": [], "why": "its server takes no connection"}
        called = Calls(channel, methods).answered()
    return {"called": called, "why": "" if called else "none of its services is described"}


SAID.write(f"\n{MARKER}{main()!a}\n")
SAID.flush()
os._exit(0)
