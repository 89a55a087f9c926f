"""The optimizations, one module each, in the order in which they are applied."""

from __future__ import annotations

from jettison.rules import (
    another_distribution,
    build_context,
    build_stage,
    compiled_bytecode,
    container_client,
    development_image,
    development_requirements,
    exec_form_command,
    headers_and_sources,
    image_labels,
    installed_documentation,
    installed_tests,
    installers,
    missing_libraries,
    non_root_user,
    production_compose,
    python_environment,
    python_health_check,
    runtime_libraries,
    smaller_base,
    tidy_package_installs,
    type_stubs,
    uncalled_binaries,
    unloaded_sections,
    unneeded_packages,
)
from jettison.rules.rule import Rule

RULES: tuple[Rule, ...] = (
    development_requirements.RULE,
    container_client.RULE,
    python_health_check.RULE,
    unneeded_packages.RULE,
    missing_libraries.RULE,
    build_stage.RULE,
    runtime_libraries.RULE,
    installers.RULE,
    uncalled_binaries.RULE,
    installed_tests.RULE,
    headers_and_sources.RULE,
    installed_documentation.RULE,
    type_stubs.RULE,
    unloaded_sections.RULE,
    smaller_base.RULE,
    another_distribution.RULE,
    tidy_package_installs.RULE,
    non_root_user.RULE,
    exec_form_command.RULE,
    python_environment.RULE,
    compiled_bytecode.RULE,
    image_labels.RULE,
    production_compose.RULE,
    development_image.RULE,
    build_context.RULE,
)

__all__ = ["RULES", "Rule"]
