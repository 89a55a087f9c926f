"""Changes as data: the closed set of things that a rule can ask for."""

from __future__ import annotations

from msgspec import Struct

from jettison.plan.minimal_base import Composition
from jettison.plan.removal import Group
from jettison.plan.removal.listing import SystemGroup, Unproven


class MoveToDevelopment(Struct, frozen=True, kw_only=True):
    """Move requirements out of production, in the way of the file that declares them.

    ``held`` are requirements, such as ``h11<0.15``, that keep the versions of what stays, ``alone``
    those of what stays though only moved ones had brought it.
    """

    names: tuple[str, ...]
    held: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()


class LeaveGroupsOut(Struct, frozen=True, kw_only=True):
    """Install projects without some groups and extras, and without requirements files.

    ``files`` are ``(development, production)`` paths as the commands name them; production is
    empty when the commands read its file anyway.
    """

    groups: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    files: tuple[tuple[str, str], ...] = ()


class IgnorePaths(Struct, frozen=True, kw_only=True):
    """Keep paths out of the build context: ``(pattern, reason)`` pairs, in order."""

    entries: tuple[tuple[str, str], ...]


class HardenService(Struct, frozen=True, kw_only=True):
    """Make the compose service fit for production.

    ``mounts`` are the targets of the mounts that leave; ``health_check`` replaces a health check
    whose program is no longer in the image (empty: unchanged); ``volumes`` are ``(name, target)``
    of named volumes for folders that must stay writable when ``read_only`` is set. ``restricted``
    drops capabilities and forbids new privileges.
    """

    service: str
    mounts: tuple[str, ...]
    health_check: tuple[str, ...] = ()
    volumes: tuple[tuple[str, str], ...] = ()
    read_only: bool = True
    restricted: bool = True


class AddDevelopment(Struct, frozen=True, kw_only=True):
    """Add ``Dockerfile.dev`` and, when the project has compose, a compose file for development.

    ``command`` is the start command with reload, empty when it stays. ``compose`` is the text of
    the compose file before it was made fit for production, ``source_mount`` the mount of the source
    and ``health_check`` the test of the service.
    """

    command: tuple[str, ...]
    compose: str = ""
    source_mount: str = ""
    health_check: tuple[str, ...] = ()


class ReplaceBase(Struct, frozen=True, kw_only=True):
    """Give the stage that starts from ``current`` another base image."""

    current: str
    reference: str


class ChangeDistribution(Struct, frozen=True, kw_only=True):
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


class ComposeBase(Struct, frozen=True, kw_only=True):
    """Put the final stage on a base that the Dockerfile composes from Debian's packages."""

    composition: Composition


class AddDebugTarget(Struct, frozen=True, kw_only=True):
    """Add the target ``debug``: the image with a shell that it starts.

    ``shell`` is where the composed base left one, empty when the image has its own.
    """

    shell: str = ""


class RemoveCommands(Struct, frozen=True, kw_only=True):
    """Take shell commands out of the final stage's RUN instructions.

    Each text is the command as it is in the file, continuation characters included.
    """

    commands: tuple[str, ...]


class RemovePackages(Struct, frozen=True, kw_only=True):
    """Take system packages out of the final stage's install commands."""

    names: tuple[str, ...]


class AddPackages(Struct, frozen=True, kw_only=True):
    """Install system packages in the final stage; ``reason`` becomes the comment above."""

    names: tuple[str, ...]
    reason: str


class TidyPackageInstalls(Struct, frozen=True, kw_only=True):
    """Install without recommended packages, and leave no package lists behind."""

    recommends: bool
    lists: bool


class SplitBuildStage(Struct, frozen=True, kw_only=True):
    """Make the environment in a build stage of its own and copy it into the final stage.

    ``build_packages`` are installed in the build stage; ``environment`` is the path of the virtual
    environment, the same in both stages because its scripts name it; ``uv`` is the version that
    installs. ``installer_stays`` leaves what installs from a lock in the final stage too.
    ``linked`` are programs of it that scripts name by the path that they had in the base.
    ``setuptools`` puts that of the base into it, where a newer one is another. ``by_pip`` has pip
    repeat its commands also where uv could; ``replaces_pip`` says that uv stands in for pip.
    ``bytecode`` compiles what is installed.
    """

    build_packages: tuple[str, ...]
    environment: str
    uv: str
    setuptools: bool = False
    installer_stays: bool = False
    linked: tuple[str, ...] = ()
    by_pip: bool = False
    replaces_pip: bool = False
    bytecode: bool = True


class SetEnvironment(Struct, frozen=True, kw_only=True):
    """Set environment variables in the final stage that it does not set yet."""

    variables: tuple[tuple[str, str], ...]


class SetCommand(Struct, frozen=True, kw_only=True):
    """Give CMD or ENTRYPOINT (``keyword``) its exec form."""

    keyword: str
    words: tuple[str, ...]


class SetHealthCheck(Struct, frozen=True, kw_only=True):
    """Replace the command of the health check; its intervals stay."""

    words: tuple[str, ...]


class RunAsUser(Struct, frozen=True, kw_only=True):
    """Run the application as a user that is not root.

    ``create`` is false when the Dockerfile makes the user itself; ``writable`` are the absolute
    paths that the user must be able to write to; ``application`` is the folder of the code, which
    stays with root unless ``owns_code``. ``filled`` are those of the writable folders that hold
    files of the image, which the user has to own as well, and ``files`` those that steps make where
    the user writes. ``adduser`` selects the dialect of Alpine's busybox.
    """

    name: str
    uid: int = 0
    gid: int = 0
    create: bool = False
    writable: tuple[str, ...]
    application: str
    owns_code: bool = False
    adduser: bool = False
    filled: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


class CompileApplication(Struct, frozen=True, kw_only=True):
    """Compile the modules below ``folder`` and those of the standard library in ``library``.

    With ``modules``, paths below ``library``, those alone are compiled of it. ``folder`` is empty
    where nothing of the application is compiled.
    """

    folder: str
    library: str
    modules: tuple[str, ...] = ()


class AddLabels(Struct, frozen=True, kw_only=True):
    """Add labels to the final stage."""

    labels: tuple[tuple[str, str], ...]


class RemoveFiles(Struct, frozen=True, kw_only=True):
    """Take files out of the Python environment before the final stage copies it.

    ``unproven`` is reported beside them: what is kept, as it could not be shown unused. ``late``
    says that they are removed behind the final stage, when the image starts from nothing.
    """

    groups: tuple[Group, ...]
    unproven: tuple[Unproven, ...] = ()
    late: bool = False


class LayerOfFolders(Struct, frozen=True, kw_only=True):
    """One layer of an image that starts from nothing: the files below some folders."""

    name: str
    folders: tuple[str, ...] = ()


class StartFromNothing(Struct, frozen=True, kw_only=True):
    """Let the image start from nothing and take the files of the final stage, without some.

    ``layers`` are in their order, the first one takes what no other names. ``said`` are
    instructions for what the base image is configured with, which an image that starts from nothing
    does not have. ``python`` is the interpreter that takes files out, ``environment`` the one that
    late removals are made in. ``stays`` are the bytes of the files that were read and stay; in the
    folders of ``once`` equal files are kept once.
    """

    groups: tuple[SystemGroup, ...]
    layers: tuple[LayerOfFolders, ...]
    said: tuple[str, ...]
    python: str
    environment: str
    stays: int
    once: tuple[str, ...] = ()


Change = (
    ReplaceBase
    | ChangeDistribution
    | ComposeBase
    | AddDebugTarget
    | RemoveCommands
    | RemovePackages
    | AddPackages
    | TidyPackageInstalls
    | SplitBuildStage
    | SetEnvironment
    | SetCommand
    | SetHealthCheck
    | RunAsUser
    | CompileApplication
    | AddLabels
    | MoveToDevelopment
    | LeaveGroupsOut
    | IgnorePaths
    | HardenService
    | AddDevelopment
    | RemoveFiles
    | StartFromNothing
)
