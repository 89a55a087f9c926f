"""A benchmark of the verdict: ``make faults SEED=…``.

Puts faults into images of the samples, one change each, and changes that change nothing, runs the
verification on each as users do, and prints what was caught, what was named with its place, and
what was a false alarm. The baseline of each sample is observed once for all of its changes, as
``jettison optimize`` observes it while the candidate is made.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from tests.faults.changes import ANEW, KINDS, NULL, SQUASHED, UNCHANGED, Change
from tests.faults.handmade import handmade
from tests.faults.made import (
    LOADED,
    Chance,
    configured,
    failing,
    left_out,
    nulls,
    removals,
    values,
)
from tests.faults.samples import SAMPLES, Sample

from jettison.engines import (
    BuildRequest,
    Engine,
    ImageFacts,
    Network,
    RunOptions,
)
from jettison.engines.finding import find_engine
from jettison.images.config import HealthCheck
from jettison.processes.concurrent import beside
from jettison.progress import SilentProgress
from jettison.tasks.loading import planned, project_request
from jettison.tasks.staging import staged
from jettison.verify import Verdict
from jettison.verify.before import Prefetched, prefetch
from jettison.verify.differential import compare
from jettison.verify.request import VerificationRequest, request_of

NAME = "jettison-faults"
QUIET = SilentProgress()


class Bench:
    """Builds images and verifies them; what was learned of a sample is kept."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._ahead: dict[str, Future[Prefetched]] = {}
        self._loaded: dict[str, list[str]] = {}
        self._named = {one.name: one for one in SAMPLES}
        self._built: set[str] = set()

    def baseline(self, sample: Sample) -> str:
        """Build the image of a sample, and what it is made from."""
        tag = f"{NAME}/{sample.name}:baseline"
        if sample.name not in self._built:
            self._build(sample, tag, anew=False)
            self._built.add(sample.name)
        return tag

    def _build(self, sample: Sample, tag: str, *, anew: bool) -> None:
        upon = self.baseline(self._named[sample.upon]) if sample.upon else ""
        self._engine.build(
            BuildRequest(
                context=sample.source,
                dockerfile=sample.source / "Dockerfile",
                tag=tag,
                build_args={"upon": upon} if upon else {},
                no_cache=anew,
            ),
            QUIET,
        )

    def loaded(self, sample: Sample) -> list[str]:
        """Name the files that the started application has loaded, of what an image can lose."""
        if sample.name in self._loaded:
            return self._loaded[sample.name]
        script = LOADED.format(application=sample.application)
        options = RunOptions(
            network=Network.NONE, entrypoint=("python", "-c", "import time; time.sleep(600)")
        )
        with self._engine.run(self.baseline(sample), options) as container:
            done = container.execute(("python", "-B", "-c", script))
        self._loaded[sample.name] = [
            one
            for one in done.text.splitlines()
            if one.startswith(("/usr/", "/lib/", sample.folder)) and not one.endswith(".pyc")
        ]
        return self._loaded[sample.name]

    def facts(self, sample: Sample) -> ImageFacts:
        """Tell how the image of a sample is run."""
        return self._engine.inspect(self.baseline(sample))

    def candidate(self, change: Change, folder: Path) -> str:
        """Build the image of a change."""
        sample = self._named[change.sample]
        tag = f"{NAME}/{sample.name}:candidate"
        if change.how == ANEW:
            self._build(sample, tag, anew=True)
            return tag
        if change.how == UNCHANGED:
            plan = planned(sample.source, service=None, offline=True).plan
            with staged(sample.source, plan) as place:
                self._build_file(place, place / "Dockerfile", tag)
            return tag
        if change.how == SQUASHED:
            lines = squashed(self.baseline(sample), self._engine.inspect(self.baseline(sample)))
        else:
            own = any(one.startswith("USER") for one in change.lines)
            user = () if own else (f"USER {sample.user}",)
            lines = (f"FROM {self.baseline(sample)}", "USER root", *change.lines, *user)
        (folder / "Dockerfile").write_text("\n".join(lines) + "\n", "utf-8")
        self._build_file(folder, folder / "Dockerfile", tag)
        return tag

    def _build_file(self, folder: Path, file: Path, tag: str) -> None:
        self._engine.build(BuildRequest(context=folder, dockerfile=file, tag=tag), QUIET)

    def verdict(self, change: Change) -> Verdict:
        """Verify one change."""
        sample = self._named[change.sample]
        with tempfile.TemporaryDirectory(prefix="jettison-faults-") as name:
            request = self._request(sample, self.candidate(change, Path(name)))
        if sample.name not in self._ahead:
            self._ahead[sample.name] = Future()
            with beside() as pool:
                found = prefetch(request, self._engine, QUIET, pool)
            self._ahead[sample.name].set_result(found)
        return compare(request, self._engine, QUIET, self._ahead[sample.name])

    def _request(self, sample: Sample, after: str) -> VerificationRequest:
        before = self.baseline(sample)
        if sample.upon:
            seen = (self._engine.inspect(image) for image in (before, after))
            asked = replace(request_of(*seen), image_before=before, image_after=after)
        else:
            found = planned(sample.source, service=None, offline=True)
            asked = project_request(found.loaded.root, found.plan, before, after, None)
            asked = replace(asked, expected_read_only=False, expected_user="")
        return asked


def _health_check(check: HealthCheck) -> str:
    """Write a health check with its times, as an image has it."""
    kind, *words = check.test
    if kind == "NONE":
        return "HEALTHCHECK NONE"
    times = {
        "interval": check.interval,
        "timeout": check.timeout,
        "start-period": check.start_period,
    }
    options = [f"--{name}={count}ns" for name, count in times.items() if count]
    options += [f"--retries={check.retries}"] if check.retries else []
    command = words[0] if kind == "CMD-SHELL" else json.dumps(words)
    return " ".join(("HEALTHCHECK", *options, "CMD", command))


def squashed(image: str, facts: ImageFacts) -> tuple[str, ...]:
    """Copy an image into one layer, with its configuration."""
    test = _health_check(facts.health_check) if facts.health_check else ""
    every = (
        *(f"ENV {name}={json.dumps(value)}" for name, value in facts.environment),
        *(f"LABEL {json.dumps(name)}={json.dumps(value)}" for name, value in facts.labels),
        *(f"EXPOSE {port}" for port in facts.ports),
        facts.volumes and f"VOLUME {json.dumps(facts.volumes)}",
        facts.working_directory and f"WORKDIR {facts.working_directory}",
        facts.user and f"USER {facts.user}",
        facts.stop_signal and f"STOPSIGNAL {facts.stop_signal}",
        facts.entrypoint and f"ENTRYPOINT {json.dumps(facts.entrypoint)}",
        facts.command and f"CMD {json.dumps(facts.command)}",
        test,
    )
    return ("FROM scratch", f"COPY --from={image} / /", *(one for one in every if one))


def changes(bench: Bench, chance: Chance, made: int, only: str) -> Iterator[Change]:
    """Give all of them: by hand, by the seed, and those that change nothing."""
    yield from handmade()
    if only != NULL:
        yield from removals(chance, made, bench.loaded)
        yield from configured(chance, made // 2, bench.facts)
    yield from values(chance, made)
    yield from failing(chance, made // 2)
    yield from left_out(chance, made // 2)
    yield from nulls()


def judged(change: Change, verdict: Verdict, seconds: float) -> dict[str, Any]:
    """Say what became of a change."""
    found = verdict.differences
    right = [one for one in found if not change.checks or one.name in change.checks]
    named = any(change.says in " ".join((one.message, *one.reported)) for one in right)
    return {
        "kind": change.kind,
        "sample": change.sample,
        "name": change.name,
        "caught": bool(found),
        "named": bool(right) and named,
        "checks": [one.name for one in found],
        "said": {one.name: [one.message, *one.details[:3]] for one in found},
        "known": verdict.compared,
        "seconds": round(seconds, 1),
    }


def table(results: Iterable[dict[str, Any]]) -> str:
    """Sum up by kind, and name what escaped and what was a false alarm."""
    rows = list(results)
    lines = ["kind          changes  caught  named  seconds each"]
    for kind in (*KINDS, NULL):
        own = [one for one in rows if one["kind"] == kind]
        if own:
            caught, named = (sum(bool(one[key]) for one in own) for key in ("caught", "named"))
            seconds = sum(float(str(one["seconds"])) for one in own) / len(own)
            lines.append(f"{kind:<12} {len(own):>8} {caught:>7} {named:>6} {seconds:>13.1f}")
    faults = [one for one in rows if one["kind"] != NULL]
    alarms = [one for one in rows if one["kind"] == NULL and one["caught"]]
    if faults:
        for key in ("caught", "named"):
            count = sum(bool(one[key]) for one in faults)
            share = 100 * count / len(faults)
            lines.append(f"faults {key}: {count} of {len(faults)} ({share:.0f} %)")
        count = sum(any(each != "files" for each in one["checks"]) for one in faults)
        lines.append(f"faults caught without the check of files: {count} of {len(faults)}")
    lines.append(f"false alarms: {len(alarms)} of {len(rows) - len(faults)}")
    for one in rows:
        if one["kind"] == NULL and one["caught"]:
            lines.append(f"false alarm: {one['sample']}: {one['name']}: {one['said']}")
        elif one["kind"] != NULL and not one["named"]:
            what = f"{one['kind']}, {one['sample']}: {one['name']}"
            lines.append(
                f"not named: {what}: {one['said']}" if one["caught"] else f"escaped: {what}"
            )
    return "\n".join(lines)


def main() -> int:
    """Run the changes that have no result yet, and print the table of all."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--seed", default="1", help="of the faults that are made")
    reader.add_argument(
        "--made",
        type=int,
        default=16,
        help="removals, and values, to make; half as many of each other kind",
    )
    reader.add_argument("--engine", help="the first that answers by default")
    reader.add_argument("--sample", help="only those of one sample")
    reader.add_argument("--only", default="", help="only those with this text in kind or name")
    reader.add_argument("--results", type=Path, help="a file of JSON lines to go on with")
    reader.add_argument("--at-most", type=int, default=1000, help="how many to run now")
    given = reader.parse_args()
    results = []
    if given.results and given.results.exists():
        results = [json.loads(line) for line in given.results.read_text("utf-8").splitlines()]
    done = {(one["sample"], one["name"]) for one in results}
    with find_engine(given.engine) as engine:
        bench = Bench(engine)
        wanted = [
            one
            for one in changes(bench, Chance(given.seed, given.sample), given.made, given.only)
            if (one.sample, one.name) not in done
            and given.sample in (None, one.sample)
            and given.only in f"{one.kind} {one.name}"
        ]
        # one sample after the other, as each is observed once
        wanted.sort(key=lambda one: one.sample)
        for change in wanted[: given.at_most]:
            begun = time.monotonic()
            verdict = bench.verdict(change)
            found = judged(change, verdict, time.monotonic() - begun)
            results.append(found)
            told = (found["kind"], found["sample"], f"{found['seconds']} s", change.name)
            sys.stderr.write(f"{'  '.join(map(str, told))}: {found['checks']}\n")
            if given.results:
                with given.results.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(found) + "\n")
    print(table(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
