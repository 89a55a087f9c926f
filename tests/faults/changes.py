"""One change to an image, as lines of a Dockerfile, and what verification should say of it."""

from __future__ import annotations

import json
from dataclasses import dataclass

REMOVED, VALUE, INTERMITTENT, PROCESS, PROTOCOL, NULL = (
    "removal", "value", "intermittent", "process", "protocol", "null",
)  # fmt: skip
ANEW, SQUASHED, UNCHANGED = "built anew", "squashed", "at -O0"
KINDS = (REMOVED, VALUE, INTERMITTENT, PROCESS, PROTOCOL)


@dataclass(frozen=True)
class Change:
    """``checks`` are those that may name it (any when empty); ``says`` is a part of what they say.

    ``lines`` follow ``FROM image`` and ``USER root``; the user of the image comes back after them
    unless one of them sets it. ``how`` builds the sample in another way instead: its own Dockerfile
    ANEW, with all layers SQUASHED into one, or as the plan UNCHANGED by any rule writes it.
    """

    name: str
    kind: str
    sample: str
    lines: tuple[str, ...]
    checks: tuple[str, ...] = ()
    says: str = ""
    how: str = ""


def run(script: str) -> str:
    """Run a script of Python in the image."""
    return "RUN " + json.dumps(["python3", "-B", "-c", script])


def remove(path: str) -> str:
    """Delete a file, which has to be there."""
    return run(f"import os; os.remove({path!r})")


def edit(path: str, old: str, new: str) -> str:
    """Put a text in the place of another, which has to be there once at least."""
    return run(
        f"from pathlib import Path; file = Path({path!r}); text = file.read_text()\n"
        f"assert {old!r} in text, {old!r}\n"
        f"file.write_text(text.replace({old!r}, {new!r}, 1))"
    )


def rewrite(path: str, text: str) -> str:
    """Write a whole file anew."""
    return run(f"from pathlib import Path; Path({path!r}).write_text({text!r})")
