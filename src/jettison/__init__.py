"""Jettison: an optimizing compiler for Python container images."""

import sys

__version__ = "0.1.0"

# `python -m jettison` puts the current folder first on the search path, and in it lies the project,
# whose json.py or signal.py nobody asked for.
_home = __path__[0].rpartition("/")[0]
if sys.argv[:1] == ["-m"] and not sys.flags.safe_path and sys.path[:1] != [_home]:
    del sys.path[:1]

import signal  # noqa: E402 — one that lies in the current folder would be the project's

# Ctrl-C while the program loads ends it at once, without a traceback of what was being loaded;
# `main` handles it later. What was started to ignore it goes on ignoring it.
_begun_as = "".join(sys.argv[:1])
_is_program = _begun_as == "-m" or _begun_as.endswith("/jettison")
if _is_program and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
