import os
DEBUG = os.environ.get("DEBUG", "0") == "1"
if DEBUG:
    import template_inspector
