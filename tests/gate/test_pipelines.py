"""The action, the component and the hook do in a pipeline what the command does."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml
from action_runner import Job, Runner
from checkouts import APP, Checkout
from jsonschema import Draft7Validator

ROOT = Path(__file__).parents[2]
PINNED = re.compile(r"[\w./-]+@[0-9a-f]{40}")
OFFLINE = {"UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple"}


class Api:
    """The comments of one pull request; ``refusing`` answers as a fork's token gets it."""

    def __init__(self) -> None:
        self.url = ""
        self.refusing = False
        self.comments: list[dict] = [{"id": 1, "body": "looks good"}]
        self.asked: list[str] = []


@contextmanager
def serving() -> Iterator[Api]:
    api = Api()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Stay silent."""

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(length)) if length else {}
            api.asked.append(f"{self.command} {self.path}")
            status = 403 if api.refusing and self.command != "GET" else 200
            if status == 200 and self.command == "POST":
                api.comments.append({"id": len(api.comments) + 1, **body})
            elif status == 200 and self.command == "PATCH":
                number = int(self.path.rpartition("/")[2])
                next(one for one in api.comments if one["id"] == number).update(body)
            content = json.dumps(api.comments if self.command == "GET" else {}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = _answer  # noqa: N815 — http.server's names

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    api.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def api() -> Iterator[Api]:
    with serving() as found:
        yield found


def on_pull_request(checkout: Path, folder: Path, api: Api, **inputs: str) -> Job:
    """Run the action as a job of a pull request does."""
    folder.mkdir(exist_ok=True)
    event = folder / "event.json"
    event.write_text('{"pull_request": {"number": 7}}', encoding="utf-8")
    (folder / "github_step_summary").unlink(missing_ok=True)
    environment = {
        **OFFLINE,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "GITHUB_API_URL": api.url,
        "GITHUB_REPOSITORY": "team/app",
        "GITHUB_EVENT_PATH": str(event),
    }
    context = {"event_name": "pull_request", "run_id": "1", "token": "t"}
    runner = Runner(
        action=ROOT, checkout=checkout, scratch=folder, github=context, environment=environment
    )
    return runner.run(**inputs)


def test_the_action_fails_a_change_that_exceeds_its_budget(
    lean: Checkout, tmp_path: Path, api: Api
) -> None:
    inputs = {"baseline": ".jettison/baseline.json", "comment": "true", "sarif": "found.sarif"}
    lean.write("requirements.txt", "flask==3.1.0\ngunicorn==23.0.0\npandas==2.2.3\n")
    job = on_pull_request(lean.folder, tmp_path / "runner", api, **inputs)
    assert job.failed == "Result"
    assert "::error file=requirements.txt,line=3,title=jettison budget-size::size is" in job.log
    assert job.outputs["verdict"] == "over"
    assert int(job.outputs["size"]) > 200_000_000
    assert 100_000_000 < int(job.outputs["delta"]) < 120_000_000
    assert json.loads(Path(job.outputs["report"]).read_text())["schema"] == "jettison.check/v1"
    assert json.loads((lean.folder / "found.sarif").read_text())["version"] == "2.1.0"
    assert "### Jettison: over budget, +110 MB" in job.summary
    assert [one["id"] for one in api.comments] == [1, 2]
    assert "pandas" in api.comments[1]["body"]

    lean.write("requirements.txt", "flask==3.1.0\ngunicorn==23.0.0\n")
    job = on_pull_request(lean.folder, tmp_path / "runner", api, **inputs)
    assert (job.failed, job.outputs["verdict"]) == ("", "within")
    assert [one["id"] for one in api.comments] == [1, 2]
    assert "pandas" not in api.comments[1]["body"]
    assert api.comments[0]["body"] == "looks good"


def test_a_fork_without_the_right_to_comment_gets_the_summary(
    lean: Checkout, tmp_path: Path, api: Api
) -> None:
    api.refusing = True
    job = on_pull_request(lean.folder, tmp_path / "runner", api, comment="true")
    assert job.failed == ""
    assert "not allowed to comment (403); the job's summary has the report" in job.log
    assert "### Jettison: within budget" in job.summary


def test_a_first_run_has_no_baseline(lean: Checkout, tmp_path: Path, api: Api) -> None:
    job = on_pull_request(lean.folder, tmp_path / "runner", api, baseline="missing.json")
    assert job.failed == ""
    assert "no baseline: there is no missing.json" in job.log
    assert job.outputs["delta"] == ""
    assert api.asked == []


def test_an_error_of_the_tool_is_told_in_the_summary(
    lean: Checkout, tmp_path: Path, api: Api
) -> None:
    lean.write("jettison.toml", '[budgets]\nsize = "big"\n')
    job = on_pull_request(lean.folder, tmp_path / "runner", api, comment="true")
    assert (job.failed, job.outputs["verdict"]) == ("Result", "error")
    assert "'big' is no amount" in job.summary
    assert "'big' is no amount" in api.comments[1]["body"]


def test_the_action_checks_a_project_in_a_folder_of_a_repository_of_another_shape(
    lean: Checkout, tmp_path: Path, api: Api
) -> None:
    repository = Checkout(folder=tmp_path / "mono", jettison=lean.jettison)
    repository.write("README.md", "Services.\n")
    api_folder = "services/the api"
    repository.write(f"{api_folder}/compose.yaml", "services:\n  web:\n    build: app\n")
    repository.write(f"{api_folder}/app/Dockerfile", "FROM python:3.12-slim\nWORKDIR /app\n"
                     "COPY pyproject.toml .\nRUN pip install .\nCOPY main.py .\n"
                     'CMD ["python", "main.py"]\n')  # fmt: skip
    project = '[project]\nname = "api"\nversion = "1"\ndependencies = ["flask==3.1.0"]\n'
    repository.write(
        f"{api_folder}/app/pyproject.toml",
        f'{project}[tool.jettison.budgets.web]\nsize = "1 MB"\n',
    )
    repository.write(f"{api_folder}/app/main.py", APP)
    job = on_pull_request(repository.folder, tmp_path / "runner", api, directory=api_folder)
    assert job.outputs["verdict"] == "over"
    assert f"::error file={api_folder}/app/pyproject.toml,line=4," in job.log
    job = on_pull_request(
        repository.folder, tmp_path / "runner", api, directory=api_folder,
        budget="size=9 GB\npackages=99\n",
    )  # fmt: skip
    assert (job.failed, job.outputs["verdict"]) == ("", "within")


def test_the_action_checks_an_example_of_this_repository(tmp_path: Path, api: Api) -> None:
    directory = "examples/flask-links"
    job = on_pull_request(ROOT, tmp_path, api, directory=directory, mode="planned", level="2")
    assert job.failed == ""
    assert job.outputs["verdict"] == "within"
    assert int(job.outputs["size"]) > 0


@pytest.mark.network
def test_the_action_installs_what_it_pins(lean: Checkout, tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "python3").symlink_to(Path(sys.base_prefix) / "bin" / "python3")
    environment = {**OFFLINE, "PATH": f"{programs}:/usr/bin:/bin"}
    scratch = tmp_path / "runner"
    scratch.mkdir()
    runner = Runner(action=ROOT, checkout=lean.folder, scratch=scratch, environment=environment)
    job = runner.run(budget="size=1 GB")
    assert job.failed == "", job.log
    assert job.outputs["verdict"] == "within"


def test_the_action_is_valid_and_uses_nothing_that_is_not_pinned() -> None:
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    schema = json.loads((Path(__file__).parent / "schemas" / "github-action.json").read_text())
    Draft7Validator(schema).validate(yaml.safe_load(text))
    workflows = [path.read_text("utf-8") for path in (ROOT / ".github").rglob("*.yml")]
    used = re.findall(r"uses: (\S+)", "\n".join([text, *workflows]))
    assert used.count("./") >= 1
    assert all(PINNED.fullmatch(each) for each in used if each != "./")
    steps = yaml.safe_load(text)["runs"]["steps"]
    assert not any("${{" in step.get("run", "") for step in steps)


def test_the_component_writes_what_gitlab_reads(lean: Checkout, tmp_path: Path) -> None:
    header, job = yaml.safe_load_all((ROOT / "templates" / "check.yml").read_text("utf-8"))
    inputs = {
        name: one.get("default", "jettison") for name, one in header["spec"]["inputs"].items()
    }
    assert re.fullmatch(r"python:3\.13-slim@sha256:[0-9a-f]{64}", inputs["python-image"])
    inputs |= {"directory": str(lean.folder), "budget": "size=1 MB"}
    found = job["jettison-check"]
    variables = {
        name: re.sub(r"\$\[\[ inputs\.([\w-]+) \]\]", lambda one: inputs[one[1]], value)
        for name, value in found["variables"].items()
    }
    done = subprocess.run(
        ["sh", "-e", "-c", "\n".join(found["script"])],
        cwd=tmp_path,
        env={
            **os.environ,
            **OFFLINE,
            **variables,
            "XDG_CACHE_HOME": str(tmp_path / "cache"),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 16, done.stderr
    written = {*found["artifacts"]["paths"], *found["artifacts"]["reports"].values()}
    assert all((tmp_path / name).is_file() for name in written)


def test_the_hook_runs_the_check_for_files_that_decide() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert (hook["id"], hook["entry"]) == ("jettison-check", "jettison check")
    decides = re.compile(hook["files"])
    names = ("Dockerfile", "a/prod.Dockerfile", "requirements.txt", "uv.lock", "a/compose.yaml")
    assert all(decides.search(name) for name in (*names, "pyproject.toml", "jettison.toml"))
    assert not any(decides.search(name) for name in ("app.py", "docs/compose.md"))
