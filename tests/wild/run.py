"""Optimizes public applications as a new user would, and prints what came of each.

``JETTISON_MIRRORS`` names a folder of git mirrors, ``OWNER+NAME`` or ``OWNER+NAME/repo`` each. The
applications, their commits and the small replacements that make them build here stand in
``applications.toml``; nothing of theirs is kept.

    python tests/wild/run.py                  all of them, at -O2
    python tests/wild/run.py httpbin -O3      one of them
    python tests/wild/run.py --plan           only what `jettison plan` says
"""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
import tomllib
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
STEP = re.compile(r"^build (before|after|watched|development).*\((\d+\.\d) s\)$", re.MULTILINE)
# an application of the file, or what came of it
Row = dict[str, Any]
COLUMNS = "| application | kind | accepted | before | after | ratio | verdict | seconds |"


def main() -> int:
    """Run what was asked for; the status is the number of applications that were not accepted."""
    asked = _arguments()
    applications = tomllib.loads((HERE / "applications.toml").read_text())["application"]
    chosen = [one for one in applications if not asked.names or one["name"] in asked.names]
    if not chosen:
        sys.exit(f"no such application; there are {', '.join(one['name'] for one in applications)}")
    rows = []
    print(COLUMNS, f"|{'---|' * COLUMNS.count(' |')}", sep="\n", flush=True)
    for one in chosen:
        rows.append(_tried(one, asked))
        print(rows[-1]["line"], flush=True)
    accepted = [row for row in rows if row["accepted"]]
    ratios = sorted(row["ratio"] for row in accepted if row["ratio"])
    print(f"\n{len(accepted)} of {len(rows)} accepted", end="")
    print(f", median after/before {ratios[len(ratios) // 2]:.2f}" if ratios else "")
    return len(rows) - len(accepted)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*")
    parser.add_argument("-O", dest="level", default="2")
    parser.add_argument("--plan", action="store_true", help="only plan")
    parser.add_argument("--limit", type=float, default=1200, help="seconds for each application")
    parser.add_argument("--logs", type=Path, help="folder for the whole output of each")
    parser.add_argument("--keep", type=Path, help="folder for the adapted applications")
    return parser.parse_args()


def _tried(one: Row, asked: argparse.Namespace) -> Row:
    with tempfile.TemporaryDirectory(prefix="jettison-wild-") as folder:
        root = (asked.keep or Path(folder)) / one["name"]
        try:
            materialize(one, root)
        except (LookupError, OSError, subprocess.CalledProcessError) as error:
            return _row(one, reason=f"not materialized: {error}")
        return _optimized(one, root / one.get("folder", "."), Path(folder), asked)


def materialize(one: Row, root: Path) -> None:
    """Lay the application's tree at its commit, with its replacements, into ``root``."""
    packed = subprocess.run(
        [
            "git",
            "--git-dir",
            _mirror(one["repository"]),
            "archive",
            one["commit"],
            one.get("folder", "."),
        ],
        check=True,
        capture_output=True,
    ).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(root, filter="tar")
    for change in one.get("replace", ()):
        place = root / one.get("folder", ".") / change["file"]
        text = place.read_text() if place.exists() else ""
        if "old" in change and change["old"] not in text:
            raise LookupError(f"{change['file']} does not have {change['old']!r}")
        place.write_text(
            text.replace(change["old"], change["new"]) if "old" in change else change["new"]
        )


def _mirror(repository: str) -> Path:
    place = Path(os.environ.get("JETTISON_MIRRORS", "mirrors")) / repository.replace("/", "+")
    found = [
        path for path in (place / "repo", place / "repo/.git", place) if (path / "HEAD").exists()
    ]
    if not found:
        raise LookupError(f"no mirror {place}: set JETTISON_MIRRORS")
    return found[0]


def _optimized(one: Row, root: Path, folder: Path, asked: argparse.Namespace) -> Row:
    written = folder / "written"
    jettison = [sys.executable, "-m", "jettison"]
    if asked.plan:
        command = [*jettison, "plan", str(root), f"-O{asked.level}", *one.get("arguments", ())]
    else:
        command = [*jettison, "optimize", str(root), f"-O{asked.level}", "--format", "json"]
        command += ["--output", str(written), *one.get("arguments", ())]
    begun = time.monotonic()
    status, out, err = _limited(command, asked.limit)
    seconds = time.monotonic() - begun
    if asked.logs:
        asked.logs.mkdir(parents=True, exist_ok=True)
        (asked.logs / f"{one['name']}.O{asked.level}.log").write_text(
            f"{err}\n{out}\nexit {status}\n"
        )
    if asked.plan:
        return _row(one, accepted=status == 0, reason=_reason(status, err))
    building = sum(float(took) for _, took in STEP.findall(err))
    told = json.loads(out) if out.startswith("{") else {}
    again = _built_again(written, root, told) if status == 0 else ""
    return _row(
        one,
        accepted=status == 0 and not again,
        told=told,
        reason=again or _reason(status, err),
        seconds=seconds,
        building=building,
    )


def _limited(command: list[str], limit: float) -> tuple[int | None, str, str]:
    """Give exit status and output; no status when the time is over."""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            out, err = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGTERM)
            out, err = process.communicate()
            return None, out, err
    return process.returncode, out, err


def _reason(status: int | None, err: str) -> str:
    if status == 0:
        return ""
    if status is None:
        return "hangs: the time is over"
    if "Traceback (most recent call last)" in err:
        return f"crash: {err.strip().splitlines()[-1]}"
    said = re.search(r"^error: (.*)$", err, re.MULTILINE)
    return f"exit {status}: {said[1] if said else err.strip()[-100:]}"


def _built_again(written: Path, root: Path, told: Row) -> str:
    """Say what is wrong with what the written files build; empty when nothing is."""
    place = written if written.exists() else root
    project = told.get("plan", {})
    dockerfile = place / project.get("dockerfile", "Dockerfile")
    command = [
        "docker",
        "build",
        "-q",
        "-f",
        str(dockerfile),
        str(place / project.get("context", "")),
    ]
    if project.get("target"):
        command += ["--target", project["target"]]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if built.returncode == 0 else f"written files do not build: {built.stderr[-200:]}"


def _row(
    one: Row,
    *,
    accepted: bool = False,
    told: Row | None = None,
    reason: str = "",
    seconds: float = 0.0,
    building: float = 0.0,
) -> Row:
    before, after = (
        ((told or {}).get(name) or {}).get("size", {}).get("bytes") for name in ("before", "after")
    )
    ratio = after / before if before and after else None
    sizes = [f"{size / 1e6:,.0f} MB" if size else "" for size in (before, after)]
    share = f"{ratio:.2f}" if ratio else ""
    verdict = "equivalent" if accepted and told else reason
    took = f"{seconds:.0f} ({building:.0f} building)" if seconds else ""
    cells = (one["name"], one["kind"], "yes" if accepted else "no", *sizes, share, verdict, took)
    line = f"| {' | '.join(' '.join(cell.split()) for cell in cells)} |"
    return {"line": line, "accepted": accepted, "ratio": ratio}


if __name__ == "__main__":
    sys.exit(main())
