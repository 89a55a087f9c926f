"""Jettison: an optimizing compiler for Python container images."""

import sys

__version__ = "0.1.0"

# `python -m jettison` puts the current folder first on the search path, and in it lies the project,
# whose json.py or signal.py nobody asked for.
_home = __path__[0].rpartition("/")[0]
if sys.argv[:1] == ["-m"] and not sys.flags.safe_path and sys.path[:1] != [_home]:
    del sys.path[:1]
