"""Front end for the pip section of a conda environment file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from jettison.ecosystems.declaration import MAIN, Declaration, Remark, remarks, standard
from jettison.formats.yaml_nodes import compose_nodes, entries, wrong_shape
from jettison.values import Origin


def parse(text: str, *, file: str) -> tuple[Declaration, ...]:
    """Read ``dependencies``; raises InputSyntaxError with the line for bad YAML."""
    found = entries(compose_nodes(text, file), file)
    node = found["dependencies"].value if "dependencies" in found else None
    members: list[Node] = list(node.value) if isinstance(node, SequenceNode) else []
    pip = [one for member in members for one in _pip(member, file)]
    around = _around(text, pip, file)
    read = (_declared(one, file, text, around) for one in pip)
    return tuple(one for one in read if one)


def _pip(member: Node, file: str) -> Iterator[ScalarNode]:
    if not isinstance(member, MappingNode):
        return
    section = entries(member, file).get("pip")
    if section is None:
        return
    if not isinstance(section.value, SequenceNode):
        line = section.key.start_mark.line + 1
        wrong_shape("dependencies.pip", "a list", Origin(file=file, line=line))
    yield from (one for one in section.value.value if isinstance(one, ScalarNode))


def _around(text: str, pip: list[ScalarNode], file: str) -> Mapping[int, Remark]:
    if not pip:
        return {}
    names = {one.start_mark.line + 1: str(one.value) for one in pip}
    first = min(names)
    lines = text.splitlines()
    while first > 1 and lines[first - 2].lstrip().startswith("#"):
        first -= 1
    return remarks(text, first, max(names), names, file)


def _declared(
    node: ScalarNode, file: str, text: str, around: Mapping[int, Remark]
) -> Declaration | None:
    number = int(node.start_mark.line) + 1
    _, mark, comment = text.splitlines()[number - 1][node.end_mark.column :].partition("#")
    above = around.get(number, Remark())
    remark = Remark(
        comment=comment.strip() if mark else "", above=above.above, section=above.section
    )
    origin = Origin(file=file, line=number, end_line=number)
    return standard(str(node.value), MAIN, origin, remark)
