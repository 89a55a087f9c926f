"""Words of shell commands with the variables of the Dockerfile replaced."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from msgspec import Struct

from jettison.build.not_understood import not_understood
from jettison.lift.action import Action
from jettison.project.dockerfile import Instruction, expand

# What a shell computes, beside variables: substitutions, patterns of parameters, home directories.
_COMPUTED = re.compile(r"\$\(|`|\$\{[^}]*[^\w}]|^~")


class Place(Struct, frozen=True, kw_only=True):
    """Where an instruction stands: the variables it sees, and its working directory."""

    instruction: Instruction
    variables: Mapping[str, str]
    folder: str

    def expanded(self, word: str) -> str:
        """Return a word of the instruction with its variables replaced."""
        item = self.instruction
        return expand(word, self.variables, escape=item.escape, origin=item.origin)

    def absolute(self, path: str) -> str:
        """Return a path of the image as it is from the root; a slash at its end stays."""
        joined = posixpath.normpath(posixpath.join(self.folder, path))
        # Two leading slashes mean the same as one here.
        normal = "/" + joined.lstrip("/")
        return f"{normal}/" if path.endswith("/") and normal != "/" else normal

    def word(self, text: str, action: Action) -> str:
        """Return what the shell makes of a word; UnsupportedError when it must run for that."""
        if "$" not in text and "`" not in text and not text.startswith("~"):
            return text
        if _COMPUTED.search(text):
            raise not_understood(action.text, f"{text} is computed by a shell", action.origin)
        return self.expanded(text)
