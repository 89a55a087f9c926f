import os
if os.environ.get("BASIC_AUTH_ENABLED", "false") == "true":
    import baipw
if "CSP_DEFAULT_SRC" in os.environ:
    import csp
