"""Text of a compose file to its services."""

from __future__ import annotations

from collections.abc import Mapping

from jettison.errors import InputSyntaxError
from jettison.project.compose import parts
from jettison.project.compose.extends import extend
from jettison.project.compose.fields import Fields
from jettison.project.compose.values import ComposeFile, Service
from jettison.project.yaml_nodes import compose_nodes, entries, is_null
from jettison.values import Origin


def parse(text: str, *, file: str, env: Mapping[str, str] | None = None) -> ComposeFile:
    """Read a compose file; ``file`` is its path relative to the project root.

    Variables are filled in from ``env`` (the environment file beside the compose file, say) and
    their defaults; one without either stays as written. Raises InputSyntaxError with the line for
    bad YAML, a wrong shape, or a file without services.
    """
    root = Fields(found=entries(compose_nodes(text, file), file), path="", file=file, env=env or {})
    listed = root.mapping("services")
    if listed is None:
        raise InputSyntaxError(
            "no services in the compose file",
            why="a compose file lists what it runs under the key services",
            hint="Name another file, or add the service.",
            origin=Origin(file=file),
        )
    services = [
        _service(name, _service_fields(listed, name), listed.origin(name)) for name in listed.found
    ]
    volumes = root.mapping("volumes")
    return ComposeFile(
        file=file,
        name=root.text("name"),
        services=extend(services),
        volumes=tuple(volumes.found) if volumes else (),
    )


def _service_fields(listed: Fields, name: str) -> Fields:
    node = listed.found[name].value
    if is_null(node):
        return Fields(found={}, path=f"services.{name}", file=listed.file, env=listed.env)
    return listed.inside(node, name)


def _service(name: str, fields: Fields, origin: Origin) -> Service:
    return Service(
        name=name,
        build=parts.build(fields),
        image=fields.text("image"),
        container_name=fields.text("container_name"),
        command=fields.command("command"),
        entrypoint=fields.command("entrypoint"),
        working_dir=fields.text("working_dir"),
        environment=fields.variables("environment"),
        env_file=parts.env_files(fields),
        ports=tuple(parts.port(fields, node) for node in fields.nodes("ports")),
        expose=fields.words("expose"),
        volumes=tuple(parts.mount(fields, node) for node in fields.nodes("volumes")),
        healthcheck=parts.health_check(fields),
        depends_on=parts.names(fields, "depends_on"),
        user=fields.text("user"),
        read_only=fields.flag("read_only"),
        tmpfs=fields.words("tmpfs"),
        cap_add=fields.words("cap_add"),
        cap_drop=fields.words("cap_drop"),
        security_opt=fields.words("security_opt"),
        restart=fields.text("restart"),
        init=fields.flag("init"),
        profiles=fields.words("profiles"),
        extends=parts.extends(fields),
        origin=origin,
        origins=tuple((key, fields.origin(key)) for key in fields.found),
    )
