import sys
from importlib import import_module

import_module(f"systems.{sys.argv[1]}.units")
