import os
import sys
from flask import Flask

IS_PYTEST_RUN = bool(os.environ.get("PYTEST_VERSION"))
if IS_PYTEST_RUN:
    from memory_store import Store
else:
    from real_store import Store
if "pytest" in sys.modules: import fake_mailer
if "test" in sys.argv:
    import fake_clock
