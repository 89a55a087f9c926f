"""Files of settings in the build context that the application reads when it starts."""

from __future__ import annotations

import posixpath
from fnmatch import fnmatchcase

from jettison.catalogue.reader import table
from jettison.facts import Project
from jettison.lift.services import services_of
from jettison.lift.usage import Usage

# Words in the names of files that only show what settings there are.
TEMPLATES = ("example", "sample", "template", "dist")


def settings_that_are_read(project: Project, usage: Usage) -> tuple[str, ...]:
    """Files that production may read from the image and that compose does not give it.

    Paths are relative to the context; files that are ignored already are left out.
    """
    known = table("tools")["settings_readers"]
    modules = tuple(known["modules"])
    if not any(name.startswith(modules) for name in usage.imports):
        return ()
    services = services_of(project)
    given = {posixpath.normpath(path) for service in services for path in service.env_file}
    return tuple(
        path
        for path in project.files
        if any(fnmatchcase(path, pattern) for pattern in known["files"])
        and not any(word in path for word in TEMPLATES)
        and project.in_context(path) not in given
        and not (project.ignore and project.ignore.ignores(path))
    )
