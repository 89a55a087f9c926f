"""Projects in a Git repository, and what a command says of them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

DOCKERFILE = """FROM python:3.11-slim
WORKDIR /srv
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY app.py .
CMD ["gunicorn", "app:app"]
"""
SETTINGS = """[budgets]
size = "160 MB"
growth = "5 %"
"""
WITH_PANDAS = "# web\nflask==3.1.0\ngunicorn==23.0.0\npandas==2.2.3\n"
APP = "from flask import Flask\n\napp = Flask(__name__)\n"


@dataclass(frozen=True)
class Ran:
    """What a command came to."""

    status: int
    out: str
    err: str


@dataclass(frozen=True)
class Checkout:
    """A project in a Git repository and the command on it."""

    folder: Path
    jettison: Callable[..., Ran]

    def check(self, *arguments: str | Path) -> Ran:
        return self.jettison("check", self.folder, "--offline", *arguments)

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def git(self, *arguments: str) -> None:
        identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
        command = ["git", *identity, *arguments]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True)

    def commit(self, message: str) -> None:
        self.git("add", "--all")
        self.git("commit", "-m", message)


def start(checkout: Checkout) -> Path:
    """Make the project with its main branch; give the baseline that the job there wrote."""
    checkout.write("Dockerfile", DOCKERFILE)
    checkout.write("requirements.txt", "# web\nflask==3.1.0\ngunicorn==23.0.0\n")
    checkout.write("app.py", APP)
    checkout.write("jettison.toml", SETTINGS)
    checkout.git("init", "--initial-branch=main")
    baseline = checkout.folder / ".jettison" / "baseline.json"
    assert checkout.check("--report", f"json:{baseline}").status == 0
    checkout.commit("Start")
    return baseline
