"""What single commands do, as types. A command that a recogniser does not know gives None."""

from jettison.project.commands.downloads import (
    AptSource,
    apt_sources,
    pipelines,
    written_paths,
)
from jettison.project.commands.invocation import (
    Invocation,
    invocation,
)
from jettison.project.commands.locked import (
    ProjectInstall,
    poetry_setting,
    project_install,
)
from jettison.project.commands.options import (
    Option,
    Options,
    read_options,
)
from jettison.project.commands.paths import (
    Directories,
    Permission,
    Removal,
    directories,
    expand_braces,
    permission,
    removal,
)
from jettison.project.commands.python import (
    Compilation,
    Management,
    PipInstall,
    VirtualEnvironment,
    compile_bytecode,
    management,
    pip_install,
    virtual_environment,
)
from jettison.project.commands.system import (
    Cleanup,
    PackageInstall,
    PackageRemoval,
    PackageRequest,
    apk_add,
    apt_install,
    cleanup,
    dnf_install,
    index_update,
    system_install,
    system_remove,
    system_upgrade,
)
from jettison.project.commands.users import (
    GroupChange,
    UserChange,
    group_change,
    user_change,
)

__all__ = [
    "AptSource",
    "Cleanup",
    "Compilation",
    "Directories",
    "GroupChange",
    "Invocation",
    "Management",
    "Option",
    "Options",
    "PackageInstall",
    "PackageRemoval",
    "PackageRequest",
    "Permission",
    "PipInstall",
    "ProjectInstall",
    "Removal",
    "UserChange",
    "VirtualEnvironment",
    "apk_add",
    "apt_install",
    "apt_sources",
    "cleanup",
    "compile_bytecode",
    "directories",
    "dnf_install",
    "expand_braces",
    "group_change",
    "index_update",
    "invocation",
    "management",
    "permission",
    "pip_install",
    "pipelines",
    "poetry_setting",
    "project_install",
    "read_options",
    "removal",
    "system_install",
    "system_remove",
    "system_upgrade",
    "user_change",
    "virtual_environment",
    "written_paths",
]
