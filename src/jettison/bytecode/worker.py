"""The program that compiles; it is run by the interpreter whose bytecode is wanted, 3.9 or newer.

It reads modules from standard input and writes their bytecode to standard output, each as frames of
a length (four octets, little endian) and content: path and source come in; one octet that is 1 for
success, then the content of the .pyc file, go out.

Every module is compiled in a process of its own, forked from the same state. What ``marshal``
writes depends on which strings others share; so one module's bytecode does not depend on which
were compiled before it.
"""

import gc
import importlib.util
import marshal
import os
import struct
import sys
import warnings

_UNCHECKED_HASH = 1
_LARGEST_TREE = 20_000


def main() -> None:
    """Compile until the input ends."""
    warnings.simplefilter("ignore")
    sys.setrecursionlimit(_LARGEST_TREE)
    # One module makes little garbage, and collecting touches memory that is shared with the parent.
    gc.disable()
    gc.freeze()
    source = sys.stdin.buffer
    while True:
        head = source.read(4)
        if not head:
            return
        path = source.read(struct.unpack("<I", head)[0]).decode("utf-8", "surrogateescape")
        text = source.read(struct.unpack("<I", source.read(4))[0])
        child = os.fork()
        if child == 0:
            answer(path, text)
        if os.waitpid(child, 0)[1]:
            write(b"\0", b"")


def answer(path: str, text: bytes) -> None:
    """Write one module's bytecode and end the process, with 1 when it does not compile."""
    status = 1
    try:
        code = compile(text, path, "exec", dont_inherit=True, optimize=0)
        flags = struct.pack("<I", _UNCHECKED_HASH)
        head = importlib.util.MAGIC_NUMBER + flags + importlib.util.source_hash(text)
        write(b"\1", head + marshal.dumps(code))
        status = 0
    finally:
        # Without the clean-up of the forked process, and without a traceback.
        os._exit(status)


def write(*frames: bytes) -> None:
    """Write frames to standard output, whole."""
    content = b"".join(struct.pack("<I", len(frame)) + frame for frame in frames)
    view = memoryview(content)
    while view:
        view = view[os.write(1, view) :]


if __name__ == "__main__":
    main()
