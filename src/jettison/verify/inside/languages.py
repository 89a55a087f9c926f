"""Says which languages the application has texts in. ``ASKED`` is put in front of this text."""

import os
import re
import sys

ASKED = globals().get("ASKED", {})
MARKER = "jettison-says:"
# what others brought, and how deep catalogues of an application lie at most
OTHERS = {"site-packages", "dist-packages", "node_modules", "__pycache__", "proc", "sys", "dev"}
DEEPEST = 7
MOST = 60_000
CODE = re.compile(r"^[a-z]{2,3}(?:[-_](?:[A-Z][a-z]{3}|[A-Z]{2}))?$")
# folders that hold one file or one folder for each language
CATALOGUES = {"locale", "locales", "translations", "i18n", "lang", "langs", "languages", "messages"}


def languages(root):
    """Give the codes of languages below a folder, as browsers send them."""
    found, seen = set(), 0
    for place, inner, names in os.walk(root):
        inner[:] = [one for one in inner if one not in OTHERS and not one.startswith(".")]
        seen += len(names)
        if place[len(root) :].count(os.sep) > DEEPEST or seen > MOST:
            inner[:] = []
            continue
        if "LC_MESSAGES" in inner:
            found.add(os.path.basename(place))
        if os.path.basename(place).lower() in CATALOGUES:
            found.update(name.rpartition(".")[0] for name in names if name.count(".") == 1)
    return sorted({one.replace("_", "-") for one in found if CODE.match(one)})


sys.stdout.write(f"\n{MARKER}{languages(ASKED['folder'])!r}\n")
