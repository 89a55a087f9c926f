"""Runs the steps of a composite action as GitHub's runner does, with files for what they say."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
_EQUAL = re.compile(r"(\S+) == '([^']*)'")


@dataclass
class Job:
    """What came of a run: its outputs, the job's summary, and what each step wrote."""

    outputs: dict[str, str] = field(default_factory=dict)
    summary: str = ""
    log: str = ""
    failed: str = ""


@dataclass
class Runner:
    """A job in a checkout; ``github`` is its context and ``environment`` comes on top."""

    action: Path
    checkout: Path
    scratch: Path
    github: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(self, **inputs: str) -> Job:
        """Run every step with a shell; steps that use another action are left out."""
        definition = yaml.safe_load((self.action / "action.yml").read_text(encoding="utf-8"))
        given = {name: str(one.get("default", "")) for name, one in definition["inputs"].items()}
        given |= {name.replace("_", "-"): value for name, value in inputs.items()}
        known = {
            **{f"inputs.{name}": value for name, value in given.items()},
            **{f"github.{name}": value for name, value in self.github.items()},
            "runner.temp": str(self.scratch),
            "runner.os": "Linux",
        }
        known = {name: self._expanded(value, known) for name, value in known.items()}
        job = Job()
        for step in definition["runs"]["steps"]:
            if "run" in step and not job.failed and self._asked(step.get("if", ""), known):
                self._step(step, known, job)
        declared = definition.get("outputs", {})
        job.outputs = {name: self._expanded(one["value"], known) for name, one in declared.items()}
        return job

    def _step(self, step: Mapping[str, Any], known: dict[str, str], job: Job) -> None:
        assert step["shell"] == "bash"
        files = {
            name: self.scratch / name.lower() for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")
        }
        for path in files.values():
            path.touch()
        files["GITHUB_OUTPUT"].write_text("", encoding="utf-8")
        own = {name: self._expanded(str(one), known) for name, one in step.get("env", {}).items()}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.checkout,
            env={
                **os.environ,
                "RUNNER_TEMP": str(self.scratch),
                "GITHUB_ACTION_PATH": str(self.action),
                "GITHUB_ACTIONS": "true",
                **{name: str(path) for name, path in files.items()},
                **self.environment,
                **own,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        job.log += done.stdout + done.stderr
        job.failed = step["name"] if done.returncode else ""
        job.summary = files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8")
        for line in files["GITHUB_OUTPUT"].read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition("=")
            known[f"steps.{step.get('id')}.outputs.{name}"] = value

    @staticmethod
    def _expanded(text: str, known: Mapping[str, str]) -> str:
        return _EXPRESSION.sub(lambda found: known.get(found[1], ""), text)

    @staticmethod
    def _asked(condition: str, known: Mapping[str, str]) -> bool:
        found = _EXPRESSION.fullmatch(condition)
        parts = [_EQUAL.fullmatch(part) for part in found[1].split(" && ")] if found else []
        return all(part is not None and known.get(part[1], "") == part[2] for part in parts)
