"""The parts of a plan that reports show: requirements, system packages, base, changed files."""

from __future__ import annotations

import difflib
from enum import StrEnum

from msgspec import Struct

from jettison.scopes.values import Scope
from jettison.values import Evidence, Origin, Size


class PlannedRequirement(Struct, frozen=True, kw_only=True):
    """A declared requirement with its scope; ``size`` includes what only it brings.

    ``group`` is the extra or group that holds it, empty for the main list; ``shipped`` whether the
    image gets it as it is. ``misplaced`` says that it is declared for development and needed in
    production; ``chain`` leads from an entry point of the application to an import of it.
    """

    name: str
    specifier: str
    origin: Origin
    scope: Scope
    evidence: tuple[Evidence, ...] = ()
    chain: tuple[Evidence, ...] = ()
    size: Size | None = None
    group: str = ""
    shipped: bool = True
    misplaced: bool = False


class FileKind(StrEnum):
    """Whether a file of the plan is new."""

    CREATE = "create"
    MODIFY = "modify"


class FileChange(Struct, frozen=True, kw_only=True):
    """A file of the user's before (None when it does not exist) and after."""

    path: str
    before: str | None
    after: str

    @property
    def kind(self) -> FileKind:
        """Whether the file is created or modified."""
        return FileKind.CREATE if self.before is None else FileKind.MODIFY

    def diff(self) -> str:
        """Give the unified diff as ``git diff`` shows it."""
        old = "/dev/null" if self.before is None else f"a/{self.path}"
        lines = difflib.unified_diff(
            (self.before or "").splitlines(keepends=True),
            self.after.splitlines(keepends=True),
            fromfile=old,
            tofile=f"b/{self.path}",
        )
        return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)
