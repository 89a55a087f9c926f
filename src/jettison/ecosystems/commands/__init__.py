"""What single commands do, as types. A command that a recogniser does not know gives None."""

from jettison.ecosystems.commands.downloads import AptSource, apt_sources, pipelines, written_paths
from jettison.ecosystems.commands.files import (
    Directories,
    GroupChange,
    Permission,
    Removal,
    UserChange,
    directories,
    expand_braces,
    group_change,
    permission,
    removal,
    user_change,
)
from jettison.ecosystems.commands.invocation import (
    Invocation,
    Option,
    Options,
    invocation,
    read_options,
)
from jettison.ecosystems.commands.locked import ProjectInstall, poetry_setting, project_install
from jettison.ecosystems.commands.python import (
    Compilation,
    Management,
    PipInstall,
    VirtualEnvironment,
    compile_bytecode,
    management,
    pip_install,
    virtual_environment,
)
from jettison.ecosystems.commands.system import (
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
