"""The program that compiles; it is run by the interpreter whose bytecode is wanted, 3.9 or newer.

It reads modules from standard input and writes their bytecode to standard output, each as frames of
a length (four octets, little endian) and content: path and source come in; one octet that is 1 for
success, then the content of the .pyc file, go out.

What ``marshal`` writes depends on which strings others share, so one module's bytecode must not
depend on which were compiled before it. A forked process compiles modules one after another, each
forgotten before the next. It ends after one that leaves something behind: that failed, or for
which the interpreter imported something (a codec, the names of characters). The next one begins
where this one did. Before 3.11, every module left something behind.
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
# How a process ends: there is no more input; the last module did not compile; it did, but another
# process must go on.
_DONE, _FAILED, _CHANGED = 0, 1, 2
_FORGETS = sys.version_info >= (3, 11)


def main() -> None:
    """Compile until the input ends."""
    warnings.simplefilter("ignore")
    sys.setrecursionlimit(_LARGEST_TREE)
    # Compiling makes no cycles that matter, and collecting touches memory shared with the parent.
    gc.disable()
    gc.freeze()
    while True:
        child = os.fork()
        if child == 0:
            compile_all()
        status = os.waitpid(child, 0)[1]
        if status == 0:
            return
        # Also when a signal ended it, as for a module too deep for the stack.
        if not os.WIFEXITED(status) or os.WEXITSTATUS(status) != _CHANGED:
            write(b"\0", b"")


def compile_all() -> None:
    """Compile modules as long as none leaves anything behind, and end the process."""
    status = _FAILED
    try:
        before = len(sys.modules)
        same = True
        while same:
            head = read(4)
            if not head:
                status = _DONE
                return
            path = read(struct.unpack("<I", head)[0]).decode("utf-8", "surrogateescape")
            answer(path, read(struct.unpack("<I", read(4))[0]))
            same = _FORGETS and len(sys.modules) == before
        status = _CHANGED
    finally:
        # Without the clean-up of the forked process, and without a traceback.
        os._exit(status)


def answer(path: str, text: bytes) -> None:
    """Write one module's bytecode; raises when it does not compile."""
    code = compile(text, path, "exec", dont_inherit=True, optimize=0)
    flags = struct.pack("<I", _UNCHECKED_HASH)
    head = importlib.util.MAGIC_NUMBER + flags + importlib.util.source_hash(text)
    write(b"\1", head + marshal.dumps(code))


def read(size: int) -> bytes:
    """Read from standard input without reading ahead, as another process may go on."""
    parts = []
    while size:
        part = os.read(0, size)
        if not part:
            break
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def write(*frames: bytes) -> None:
    """Write frames to standard output, whole."""
    content = b"".join(struct.pack("<I", len(frame)) + frame for frame in frames)
    view = memoryview(content)
    while view:
        view = view[os.write(1, view) :]


if __name__ == "__main__":
    main()
