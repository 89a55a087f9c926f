"""What the action does besides calling Jettison: ``python tools/ci.py outputs|comment``.

``outputs FOLDER`` reads the reports of a check: it appends the Markdown to the job's summary and
sets the step's outputs. ``comment FILE`` keeps one comment at the pull request; without the right
to comment, as in a fork, it says so and ends well. The standard library is enough for both.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

# A comment may be on a later page of a long discussion.
_PAGES, _EACH = 20, 100
_SECONDS = 30
_NO_RIGHT = (401, 403, 404)
_SUMMARY = "the job's summary has the report"


def outputs(folder: Path) -> None:
    """Append the summary and set the outputs."""
    report, markdown = folder / "check.json", folder / "summary.md"
    document = json.loads(report.read_text("utf-8")) if report.is_file() else None
    if markdown.is_file():
        summary = markdown.read_text("utf-8")
    else:
        errors = (folder / "errors").read_text("utf-8") if (folder / "errors").is_file() else ""
        fence = "`" * 8
        summary = f"### Jettison: the check failed\n\n{fence}text\n{errors.strip()}\n{fence}\n"
        markdown.write_text(summary, encoding="utf-8")
    _append("GITHUB_STEP_SUMMARY", f"{summary}\n")
    values = {"report": str(report), **(_values(document) if document else {"verdict": "error"})}
    lines = (f"{key}={value}\n" for key, value in values.items() if "\n" not in value)
    _append("GITHUB_OUTPUT", "".join(lines))


def _values(document: Mapping[str, Any]) -> dict[str, str]:
    """Give the outputs: of several images, the sums, and no digest."""
    images = document["images"]
    verdict = "over" if document["over"] else "within"
    amounts = {name: _total(images, name) for name in ("size", "compressed-size")}
    deltas = (_delta(images, name) for name in amounts)
    return {
        **{name: _text(amount) for name, amount in amounts.items()},
        "delta": _text(next((delta for delta in deltas if delta is not None), None)),
        "digest": (images[0]["digest"] or "") if len(images) == 1 else "",
        "verdict": "different" if document["different"] else verdict,
    }


def _total(images: list[dict[str, Any]], name: str) -> float | None:
    found = [image["amounts"].get(name) for image in images]
    return sum(one["low"] for one in found) if found and all(found) else None


def _delta(images: list[dict[str, Any]], name: str) -> float | None:
    before = [image["baseline"] for image in images]
    if not before or not all(before):
        return None
    then, now = _total(before, name), _total(images, name)
    return None if then is None or now is None else now - then


def _text(amount: float | None) -> str:
    return "" if amount is None else str(round(amount))


def _append(variable: str, text: str) -> None:
    with Path(os.environ[variable]).open("a", encoding="utf-8") as file:
        file.write(text)


def comment(file: Path) -> None:
    """Replace the project's comment, or write the first one."""
    event = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text("utf-8"))
    number = event["pull_request"]["number"]
    mark = f"<!-- jettison check {json.dumps(os.environ.get('DIRECTORY', '.'))[1:-1]} -->"
    body = {"body": f"{mark}\n{file.read_text('utf-8')}"}
    try:
        found = next((one for one in _comments(number) if one["body"].startswith(mark)), None)
        if found:
            _ask("PATCH", f"issues/comments/{found['id']}", body)
        else:
            _ask("POST", f"issues/{number}/comments", body)
    except HTTPError as error:
        if error.code not in _NO_RIGHT:
            raise
        _say(f"::notice title=jettison::not allowed to comment ({error.code}); {_SUMMARY}")
    except URLError as error:
        _say(f"::notice title=jettison::cannot comment: {error.reason}; {_SUMMARY}")


def _comments(number: int) -> Iterator[Mapping[str, Any]]:
    for page in range(1, _PAGES + 1):
        found = _ask("GET", f"issues/{number}/comments?per_page={_EACH}&page={page}")
        yield from found
        if len(found) < _EACH:
            return


def _ask(method: str, path: str, body: Mapping[str, str] | None = None) -> Any:  # noqa: ANN401  # JSON
    base = os.environ.get("GITHUB_API_URL", "https://api.github.com")
    address = f"{base}/repos/{os.environ['GITHUB_REPOSITORY']}/{path}"
    if urlsplit(address).scheme not in {"http", "https"}:
        raise URLError(f"{base} is no address of an API")
    headers = {
        "Authorization": f"Bearer {os.environ['TOKEN']}",
        "Accept": "application/vnd.github+json",
        "Content-Type": "application/json",
    }
    data = json.dumps(body).encode() if body else None
    request = Request(address, data=data, headers=headers, method=method)  # noqa: S310 — checked above
    with urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310 — checked above
        return json.load(answer)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    {"outputs": outputs, "comment": comment}[sys.argv[1]](Path(sys.argv[2]))
