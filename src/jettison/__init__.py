"""Jettison: an optimizing compiler for Python container images."""

import signal
import sys

__version__ = "0.1.0"

# `python -m jettison` puts the current folder first on the search path, and in it lies the project,
# whose json.py or signal.py nobody asked for.
_home = __path__[0].rpartition("/")[0]
if sys.argv[:1] == ["-m"] and not sys.flags.safe_path and sys.path[:1] != [_home]:
    del sys.path[:1]

# Who is told to end while it loads ends at once: nobody wants to read which module was being loaded.
# What ignores a signal goes on ignoring it, and `main` gives it a meaning later.
if (sys.argv[:1] == ["-m"] or sys.argv[0].endswith("/jettison")) and signal.getsignal(
    signal.SIGINT
) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
