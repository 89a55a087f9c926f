"""The optimizations in the order of application, and what of a difference leads back to one."""

from __future__ import annotations

from collections.abc import Mapping

from jettison.rules import (
    build_context,
    build_stage,
    compiled_bytecode,
    development_image,
    development_requirements,
    duplicate_files,
    exec_form_command,
    file_kinds,
    idle_settings,
    image_labels,
    installers,
    missing_libraries,
    non_root_user,
    production_compose,
    production_groups,
    python_health_check,
    smaller_base,
    unnamed_locales,
    unneeded_packages,
    unreached_modules,
    unreached_system,
    unused_parts,
    unused_service_data,
)
from jettison.rules.rule import Rule

RULES: tuple[Rule, ...] = (
    smaller_base.END_OF_LIFE,
    development_requirements.MISPLACED_REQUIREMENTS,
    production_groups.RULE,
    development_requirements.RULE,
    unneeded_packages.CONTAINER_CLIENT,
    python_health_check.PYTHON_HEALTH_CHECK,
    build_stage.RULE,
    unneeded_packages.UNNEEDED_PACKAGES,
    missing_libraries.MISSING_LIBRARIES,
    missing_libraries.MISSING_PROGRAMS,
    missing_libraries.RUNTIME_LIBRARIES,
    idle_settings.REQUESTED_REMOVALS,
    unused_parts.OPTIONAL_DISTRIBUTIONS,
    installers.RULE,
    unused_parts.UNCALLED_BINARIES,
    unused_parts.UNUSED_PARTS,
    unused_service_data.RULE,
    *file_kinds.RULES,
    unnamed_locales.UNSPOKEN_LANGUAGES,
    unnamed_locales.UNNAMED_LOCALES,
    duplicate_files.UNLOADED_SECTIONS,
    unused_parts.SMALLER_VARIANTS,
    unused_service_data.DOWNLOADED_DATA,
    unreached_modules.UNREACHED_MODULES,
    unreached_modules.UNLOADED_BYTECODE,
    smaller_base.SMALLER_BASE,
    smaller_base.ANOTHER_DISTRIBUTION,
    unneeded_packages.TIDY_PACKAGE_INSTALLS,
    non_root_user.RULE,
    duplicate_files.DUPLICATE_FILES,
    exec_form_command.RULE,
    python_health_check.PYTHON_ENVIRONMENT,
    compiled_bytecode.RULE,
    image_labels.RULE,
    production_compose.RULE,
    development_image.RULE,
    build_context.RULE,
    smaller_base.COMPOSED_BASE,
    smaller_base.DEBUG_TARGET,
    unreached_system.RULE,
    idle_settings.IDLE_SETTINGS,
)

_SYSTEM = (unreached_system.RULE, smaller_base.ANOTHER_DISTRIBUTION, smaller_base.SMALLER_BASE)
# The rules whose work a check of the verification looks at, by its name, the likeliest first.
BY_CHECK: Mapping[str, tuple[Rule, ...]] = {
    "user": (non_root_user.RULE,),
    "writable-paths": (non_root_user.RULE,),
    "read-only-root": (production_compose.RULE,),
    "environment": (python_health_check.PYTHON_ENVIRONMENT,),
    "entry-point": (exec_form_command.RULE,),
    "labels": (image_labels.RULE,),
    "health-check": (python_health_check.PYTHON_HEALTH_CHECK,),
    "memory": (compiled_bytecode.RULE,),
    "programs": (unneeded_packages.UNNEEDED_PACKAGES, *_SYSTEM),
    "libraries": (unneeded_packages.UNNEEDED_PACKAGES, *_SYSTEM),
    "time-zones": (*_SYSTEM, smaller_base.COMPOSED_BASE),
    "certificates": (*_SYSTEM, smaller_base.COMPOSED_BASE),
    "resolver": (*_SYSTEM[:2], smaller_base.COMPOSED_BASE),
}
# The rules that keep a program from writing, by what it says then.
BY_REFUSAL: Mapping[str, Rule] = {
    "Read-only file system": production_compose.RULE,
    "Permission denied": non_root_user.RULE,
}
