"""Measures scopes against the split that maintainers made themselves.

    python tests/corpus/evaluate.py CHECKOUTS LABELS [--cache FOLDER] [--offline] [--why NAME]

CHECKOUTS has one folder for each application, named as in LABELS. LABELS is a JSON list of objects
with ``name``, ``app_root``, ``python``, ``prod``, ``dev``, ``in_both``, ``prod_specs``,
``dev_specs`` and ``dockerfiles`` (each with ``path``). The requirements of an application are
merged into one alphabetical list, names and extras only: what its files, groups and comments say
about the split is not shown to the decision.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from jettison.index.distribution_map import closure, open_map
from jettison.index.target import Target
from jettison.lift.scopes import DeclaredRequirement, RequirementScope, Scope
from jettison.lift.scopes.decide import console_scripts, decide, gather
from jettison.source import is_compose, is_dockerfile, use_of_file
from jettison.source.operations_collect import collect
from jettison.source.reading import (
    read_documents,
    read_sources,
    read_text,
    read_texts,
    read_tree,
)
from jettison.values import Origin

_LIST = "requirements.txt"
_DECLARATIONS = ("requirements", "pyproject.toml", "setup.cfg", "Pipfile")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Verdicts on one application beside its labels."""

    name: str
    verdicts: Mapping[str, RequirementScope]
    production: frozenset[str]
    development: frozenset[str]
    seconds: float

    def dropped(self, labelled: frozenset[str]) -> list[str]:
        """Names with this label that were called development."""
        return sorted(n for n in labelled if self.verdicts[n].scope is Scope.DEVELOPMENT)


def main() -> int:
    """Print the table; exit status 1 when precision or recall misses its target."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("checkouts", type=Path)
    parser.add_argument("labels", type=Path)
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "jettison")
    parser.add_argument("--offline", action="store_true")
    parser.add_argument("--only", help="one application")
    parser.add_argument("--verdicts", action="store_true", help="print every verdict")
    parser.add_argument("--precision", type=float, default=0.97)
    parser.add_argument("--recall", type=float, default=0.92)
    options = parser.parse_args()
    outcomes = []
    for label in json.loads(options.labels.read_text()):
        if options.only in (None, label["name"]) and (options.checkouts / label["name"]).is_dir():
            outcome = evaluate(options.checkouts / label["name"], label, options)
            outcomes.append(outcome)
            if options.verdicts:
                print_verdicts(outcome)
    return report(outcomes, options.precision, options.recall)


def evaluate(checkout: Path, label: Mapping[str, Any], options: argparse.Namespace) -> Outcome:
    """Decide on the merged list of one application."""
    requirements = merged(label)
    root = checkout / label["app_root"]
    started = time.perf_counter()
    tree = read_tree(root)
    texts = {p: t for p, t in read_texts(root, tree).items() if not declares(p)}
    dockerfile = chosen_dockerfile(label, texts)
    commands = collect(
        texts,
        dockerfile=dockerfile,
        compose=next(filter(is_compose, texts), None),
        documents=read_documents(root, tree),
    )
    python = label.get("python") or "3.11"
    found = open_map(options.cache, Target(python=python), offline=options.offline)
    brought = closure(found, requirements.values())
    declared = [
        DeclaredRequirement(name=name, origin=Origin(file=_LIST, line=line))
        for line, (name, one) in enumerate(requirements.items(), 1)
    ]
    verdicts = decide(
        gather(
            declared=declared,
            modules=read_sources(root, tree, cache=options.cache).modules,
            commands=commands,
            distributions=brought.facts,
            graph=brought.graph,
            scripts=console_scripts(partial(read_text, root)),
        )
    )
    both = frozenset(map(canonicalize_name, label.get("in_both", ())))
    names = frozenset(requirements)
    production = frozenset(map(canonicalize_name, label["prod"])) & names
    return Outcome(
        name=label["name"],
        verdicts={verdict.name: verdict for verdict in verdicts},
        production=production | both,
        development=(names - production) - both,
        seconds=time.perf_counter() - started,
    )


def merged(label: Mapping[str, Any]) -> dict[str, Requirement]:
    """All requirements by normalized name, alphabetically, without versions."""
    extras: dict[str, set[str]] = {}
    for text in (*label["prod_specs"], *label["dev_specs"]):
        try:
            one = Requirement(text)
        except ValueError:
            continue
        extras.setdefault(canonicalize_name(one.name), set()).update(one.extras)
    for name in (*label["prod"], *label["dev"]):
        extras.setdefault(canonicalize_name(name), set())
    return {
        name: Requirement(f"{name}[{','.join(sorted(extras[name]))}]" if extras[name] else name)
        for name in sorted(extras)
    }


def chosen_dockerfile(label: Mapping[str, Any], texts: Mapping[str, str]) -> str | None:
    """Take the first listed Dockerfile that is not for development."""
    root = label["app_root"].strip("./")
    listed = [each["path"].removeprefix(f"{root}/") for each in label["dockerfiles"]]
    present = [path for path in listed if path in texts] or list(filter(is_dockerfile, texts))
    return next((path for path in present if use_of_file(path) is None), next(iter(present), None))


def declares(path: str) -> bool:
    """Whether a file would show the labels."""
    return path.rpartition("/")[2].startswith(_DECLARATIONS)


def print_verdicts(outcome: Outcome) -> None:
    """Print each verdict with its label and first reasons."""
    for name, verdict in outcome.verdicts.items():
        label = "dev " if name in outcome.development else "prod"
        print(f"  {label} {verdict.scope:12} {name}")
        for evidence in verdict.evidence[:3]:
            print(f"        {evidence.toward}: {evidence.message} [{evidence.origin or ''}]")


def report(outcomes: list[Outcome], precision: float, recall: float) -> int:
    """Print the table and each error."""
    print(
        f"{'application':34}{'prod':>5}{'dev':>5}{'right':>7}{'wrong':>7}{'missed':>7}"
        f"{'unused':>7}{'s':>7}"
    )
    right = wrong = missed = 0
    for each in outcomes:
        good, bad = each.dropped(each.development), each.dropped(each.production)
        unused = sum(v.scope in (Scope.UNUSED, Scope.UNKNOWN) for v in each.verdicts.values())
        right, wrong = right + len(good), wrong + len(bad)
        missed += len(each.development) - len(good)
        print(
            f"{each.name:34}{len(each.production):5}{len(each.development):5}{len(good):7}"
            f"{len(bad):7}{len(each.development) - len(good):7}{unused:7}"
            f"{each.seconds:7.2f}"
        )
    for line in errors(outcomes):
        print(line)
    found_precision = right / (right + wrong) if right + wrong else 1.0
    found_recall = right / (right + missed) if right + missed else 1.0
    print(
        f"development: precision {found_precision:.3f} ({right} of {right + wrong}), "
        f"recall {found_recall:.3f} ({right} of {right + missed})"
    )
    return int(found_precision < precision or found_recall < recall)


def errors(outcomes: list[Outcome]) -> Iterator[str]:
    """Each wrong drop and each missed one, with the reasons for the verdict."""
    for each in outcomes:
        missed = sorted(each.development - set(each.dropped(each.development)))
        for word, names in (("WRONG DROP", each.dropped(each.production)), ("missed", missed)):
            for name in names:
                verdict = each.verdicts[name]
                yield f"{word}: {each.name}: {name} ({verdict.scope})"
                for evidence in verdict.evidence[:3]:
                    yield f"    {evidence.toward}: {evidence.message} [{evidence.origin or ''}]"


if __name__ == "__main__":
    sys.exit(main())
