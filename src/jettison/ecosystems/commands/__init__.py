"""What single commands do, as types. A command that a recogniser does not know gives None."""

from jettison.ecosystems.commands.files import (
    AptSource,
    Directories,
    GroupChange,
    Permission,
    Removal,
    UserChange,
    apt_sources,
    directories,
    expand_braces,
    group_change,
    permission,
    pipelines,
    removal,
    user_change,
    written_paths,
)
from jettison.ecosystems.commands.invocation import (
    Invocation,
    Option,
    Options,
    invocation,
    read_options,
)
from jettison.ecosystems.commands.python import (
    WHEEL,
    Compilation,
    Management,
    PipInstall,
    ProjectInstall,
    VirtualEnvironment,
    compile_bytecode,
    management,
    pip_install,
    project_install,
    tool_setting,
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
