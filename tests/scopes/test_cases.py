"""Every kind of evidence on a small project of its own.

A case is ``cases/<name>/project`` with ``expected.toml`` beside it: ``why`` says what it guards,
``[scopes.<requirement>]`` the verdict with the kind and place of its first reason, and
``[distributions.<name>]`` what is known of a distribution that the catalogue does not have.
"""

import tomllib
from functools import partial
from pathlib import Path

import pytest
from found_declarations import found_declarations
from packaging.requirements import Requirement

from jettison.index import DistributionFacts, EntryPoint, Source
from jettison.index.graph import requirement_graph
from jettison.index.metadata import catalogued
from jettison.index.target import Target
from jettison.lift.scopes.decide import console_scripts, decide, declared_requirement, gather
from jettison.source.operations_collect import collect
from jettison.source.reading import (
    read_documents,
    read_pickles,
    read_sources,
    read_text,
    read_texts,
    read_tree,
)

CASES = sorted(path.parent for path in (Path(__file__).parent / "cases").glob("*/expected.toml"))
# What tells these apart is not in the catalogue of wheels: their names are the import names.
PLAIN = [
    "celery",
    "daphne",
    "granian",
    "hypercorn",
    "httpx",
    "pytest",
    "redis",
    "rq",
    "uvicorn",
    "gunicorn",
    "uwsgi",
    "waitress",
    "arq",
    "honcho",
    "fastapi",
    "icecream",
    "faker",
    "freezegun",
    "asyncpg",
    "networkx",
    "ruff",
    "pytest-cov",
    "types-requests",
]


def known(expected):
    facts = dict(catalogued())
    for name in PLAIN:
        script = () if name in facts else (name.replace("waitress", "waitress-serve"),)
        facts.setdefault(name, made(name, {"imports": [name], "scripts": script}))
    facts.update({n: made(n, each) for n, each in expected.get("distributions", {}).items()})
    return facts


def made(name, each):
    points = [point.split(":") for point in each.get("points", ())]
    return DistributionFacts(
        name=name,
        version="1",
        import_names=tuple(each.get("imports", ())),
        console_scripts=tuple(each.get("scripts", ())),
        entry_points=tuple(EntryPoint(group=g, name=n, value=n) for g, n in points),
        requires=tuple(map(Requirement, each.get("requires", ()))),
        sdist_only=each.get("sdist_only", False),
        source=Source.INDEX,
    )


def verdicts(root, expected):
    tree = read_tree(root)
    found = [*found_declarations(lambda path: read_text(root, path), list(tree.files))]
    facts = known(expected)
    roots = [Requirement(f"{each.name}[{','.join(each.extras)}]") for each in found]
    names = list(tree.files)
    return decide(
        gather(
            declared=[declared_requirement(each) for each in found],
            modules=read_sources(root, tree).modules,
            commands=collect(
                read_texts(root, tree),
                dockerfile="Dockerfile" if "Dockerfile" in names else None,
                compose="compose.yaml" if "compose.yaml" in names else None,
                service="web",
                documents=read_documents(root, tree),
            ),
            distributions=facts,
            graph=requirement_graph(facts, roots, Target(python="3.12")),
            scripts=console_scripts(partial(read_text, root)),
            pickles=read_pickles(root, tree),
        )
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case):
    expected = tomllib.loads((case / "expected.toml").read_text())
    found = {verdict.name: verdict for verdict in verdicts(case / "project", expected)}
    shown = {}
    for name, wanted in expected["scopes"].items():
        verdict = found[name]
        first = verdict.evidence[0]
        whole = {
            "scope": verdict.scope.value,
            "kind": first.kind,
            "place": str(first.origin),
            "misplaced": verdict.misplaced,
        }
        shown[name] = {key: whole[key] for key in wanted}
    assert shown == expected["scopes"], expected["why"]
    assert set(found) == set(expected["scopes"])


def test_every_case_says_why_it_exists():
    for case in CASES:
        assert tomllib.loads((case / "expected.toml").read_text())["why"]
