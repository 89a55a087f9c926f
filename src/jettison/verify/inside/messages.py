"""Says what a handler of a WebSocket reads of the messages that it receives."""

import ast
import json

METHOD = "WEBSOCKET"
# what gives a message, or each of them, as it is or read as JSON
RECEIVES = {"receive": "raw", "receive_text": "raw", "receive_str": "raw", "iter_text": "raw"}
RECEIVES.update(receive_bytes="raw", iter_bytes="raw", receive_json="json", iter_json="json")
# methods of classes that are handed one as their last parameter
HANDED = {"on_message": "raw", "on_receive": "raw", "receive_json": "json", "receive": "raw"}
# methods that give a text in another form
FORMS = {"lower", "upper", "strip", "casefold", "decode", "rstrip"}
SAMPLES = {"integer": 1, "number": 1.5, "boolean": True, "array": [1], "object": {}}
# what a client says that is not understood, and how much it says at most, as each takes time
UNKNOWN, MOST = "hello", 8


class Messages:
    """Follows the messages of a WebSocket; ``kind``, ``known`` and ``texts`` are a reader's."""

    receives = False

    def received(self, name):
        """Give of which kind a message is that a call gives, or nothing."""
        return RECEIVES.get(name) if self.receives else None

    def message(self, node):
        """Tell whether an expression is a whole message, or one in another form."""
        while isinstance(node, ast.Call) and getattr(node.func, "attr", "") in FORMS:
            node = node.func.value
        return self.receives and self.kind(node) == "raw"

    def begins(self, node, name):
        """Write down how a message begins that a handler looks for."""
        owner = getattr(node.func, "value", None)
        if name == "startswith" and node.args and self.message(owner):
            self.whole += [f"{one}{UNKNOWN}" for one in self.texts(node.args[0])]


def handed(handler):
    """Give the method of a class that messages are handed to, and of which kind they are."""
    for name, kind in HANDED.items():
        one = getattr(handler, name, None)
        if one is not None:
            return one, kind
    return None, None


def said(read):
    """Give what a client says, in lines; nothing where the handler shows nothing of it.

    What is not understood, and what a message is compared with as a whole, comes after the others:
    it may end the conversation. Where it does not, the first is said again, as it may count.
    """
    fields = {name: kind for name, (kind, _) in read.met.get("json", {}).items() if name}
    usual = {name: SAMPLES.get(kind, UNKNOWN) for name, kind in fields.items()}
    lines = [usual] if usual else []
    for name in fields:
        known = read.compared.get(name, ())
        lines += [{**usual, name: one} for one in known]
    texts = [one for one in dict.fromkeys(read.whole) if one and "\n" not in one]
    lines = [json.dumps(one) for one in lines][: MOST - len(texts[: MOST // 2])]
    return [*lines, UNKNOWN, *(texts[: MOST // 2] or lines[:1])] if lines or texts else []
