"""Changes of the Dockerfile: what the image is made of, and how it is run."""

from __future__ import annotations

from dataclasses import dataclass

from jettison.plan.composition import Composition
from jettison.removal.group import Group
from jettison.removal.system_group import SystemGroup


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceBase:
    """Give the stage that starts from ``current`` another base image."""

    current: str
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeDistribution:
    """Move the stages that feed the image to another distribution or release.

    Every base image of the present release becomes ``reference``, a variant of it where the stages
    differ. ``packages`` gives the new name of each package, empty for one that is part of the new
    base. ``alpine`` says that apk and busybox take the place of apt and shadow. ``build`` are
    packages that the stages which make the environment need beyond those.
    """

    reference: str
    packages: tuple[tuple[str, str], ...]
    alpine: bool
    build: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposeBase:
    """Put the final stage on a base that the Dockerfile composes from Debian's packages."""

    composition: Composition


@dataclass(frozen=True, slots=True, kw_only=True)
class AddDebugTarget:
    """Add the target ``debug``: the image with a shell that it starts.

    ``shell`` is where the composed base left one, empty when the image has its own.
    """

    shell: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveCommands:
    """Take shell commands out of the final stage's RUN instructions.

    Each text is the command as it stands in the file, continuation characters included.
    """

    commands: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovePackages:
    """Take system packages out of the final stage's install commands."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AddPackages:
    """Install system packages in the final stage; ``reason`` becomes the comment above."""

    names: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TidyPackageInstalls:
    """Install without recommended packages, and leave no package lists behind."""

    recommends: bool
    lists: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitBuildStage:
    """Make the environment in a build stage of its own and copy it into the final stage.

    ``build_packages`` are installed in the build stage; ``environment`` is the path of the virtual
    environment, the same in both stages because its scripts name it; ``uv`` is the version that
    installs. ``installer_stays`` leaves what installs from a lock in the final stage too.
    """

    build_packages: tuple[str, ...]
    environment: str
    uv: str
    installer_stays: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SetEnvironment:
    """Set environment variables in the final stage that it does not set yet."""

    variables: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetCommand:
    """Give CMD or ENTRYPOINT (``keyword``) its exec form."""

    keyword: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetHealthCheck:
    """Replace the command of the health check; its intervals stay."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunAsUser:
    """Run the application as a user that is not root.

    ``create`` is false when the Dockerfile makes the user itself; ``writable`` are the absolute
    paths that the user must be able to write to; ``application`` is the folder of the code, which
    stays with root unless ``owns_code``. ``filled`` are those of the writable folders that hold
    files of the image, which the user has to own as well. ``adduser`` selects the dialect of
    Alpine's busybox.
    """

    name: str
    uid: int
    gid: int
    create: bool
    writable: tuple[str, ...]
    application: str
    owns_code: bool = False
    adduser: bool = False
    filled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CompileApplication:
    """Compile the modules below ``folder`` and those of the standard library in ``library``.

    With ``modules``, paths below ``library``, those alone are compiled of it.
    """

    folder: str
    library: str
    modules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AddLabels:
    """Add labels to the final stage."""

    labels: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveFiles:
    """Take files out of the Python environment before the final stage copies it."""

    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StartFromNothing:
    """Let the image start from nothing and take the files of the final stage, without some.

    ``apart`` are folders that get layers of their own; ``variables`` those of the base image, which
    an image that starts from nothing does not have; ``python`` is the interpreter's path.
    """

    groups: tuple[SystemGroup, ...]
    apart: tuple[str, ...]
    variables: tuple[tuple[str, str], ...]
    python: str
