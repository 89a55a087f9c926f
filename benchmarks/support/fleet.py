"""Makes a fleet of 60 projects: the examples, and small services with the requirements of others.

The requirements are those of public applications, names and versions alone; every service is a few
lines that the framework among them runs.
"""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"
REQUIREMENTS = Path(__file__).with_name("fleet_requirements.toml")
APPLICATIONS, SERVICES = 10, 5
# Every so many service installs these in its final stage, as public Dockerfiles do.
PACKAGES = ((3, "build-essential"), (5, "curl"), (7, "libpq-dev"), (11, "git"))
# The framework that is looked for first, its program, and the command that serves it.
FRAMEWORKS = {
    "django": (
        (
            "from django.conf import settings\nfrom django.core.wsgi import get_wsgi_application\n"
            "from django.http import HttpResponse\nfrom django.urls import path\n\n"
            'settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, SECRET_KEY="x")\n'
            'urlpatterns = [path("", lambda request: HttpResponse("NAME"))]\n'
            "app = get_wsgi_application()\n"
        ),
        ("gunicorn", "python"),
    ),
    "fastapi": (
        (
            "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n"
            '@app.get("/")\ndef home() -> dict[str, str]:\n    return {"name": "NAME"}\n'
        ),
        ("uvicorn", "python"),
    ),
    "flask": (
        (
            "from flask import Flask\n\napp = Flask(__name__)\n\n\n"
            '@app.get("/")\ndef home() -> str:\n    return "NAME"\n'
        ),
        ("gunicorn", "flask"),
    ),
    "litestar": (
        (
            "from litestar import Litestar, get\n\n\n"
            '@get("/")\nasync def home() -> str:\n    return "NAME"\n\n\napp = Litestar([home])\n'
        ),
        ("uvicorn", "python"),
    ),
    "starlette": (
        (
            "from starlette.applications import Starlette\n"
            "from starlette.responses import PlainTextResponse\n"
            "from starlette.routing import Route\n\n"
            'app = Starlette(routes=[Route("/", lambda request: PlainTextResponse("NAME"))])\n'
        ),
        ("uvicorn", "python"),
    ),
    "aiohttp": (
        (
            "from aiohttp import web\n\napp = web.Application()\n\n\n"
            "async def home(request: web.Request) -> web.Response:\n"
            '    return web.Response(text="NAME")\n\n\napp.router.add_get("/", home)\n\n'
            'if __name__ == "__main__":\n    web.run_app(app, port=8000)\n'
        ),
        ("python",),
    ),
}
PLAIN = (
    "from http.server import HTTPServer, SimpleHTTPRequestHandler\n\n"
    'if __name__ == "__main__":\n'
    '    HTTPServer(("", 8000), SimpleHTTPRequestHandler).serve_forever()\n'
)
COMMANDS = {
    "gunicorn": '["gunicorn", "--bind", "0.0.0.0:8000", "app:app"]',
    "uvicorn": '["uvicorn", "app:app", "--host", "0.0.0.0", "--port", "8000"]',
    "flask": '["flask", "run", "--host", "0.0.0.0", "--port", "8000"]',
    "python": '["python", "app.py"]',
}


def make_fleet(folder: Path, *, updated: bool = False, services: bool = False) -> Path:
    """Write the projects and the fleet file, whose place is returned.

    With ``updated`` all were resolved on the same day, as where one bot keeps them. ``services``
    makes five services of each of ten applications instead of fifty applications: each leaves out
    some of the requirements.
    """
    listed = tomllib.loads(REQUIREMENTS.read_text("utf-8"))
    folder.mkdir(parents=True)
    names = []
    for example in sorted(EXAMPLES.iterdir()):
        shutil.copytree(example, folder / example.name)
        place = "pkms/pkms-backend" if example.name == "pkms" else example.name
        names.append((example.name, place))
    chosen = dict(sorted(listed.items())[:: len(listed) // APPLICATIONS] if services else listed)
    for number, (name, python, words) in enumerate(_services(chosen, updated, services)):
        pins = dict(word.split("==") for word in words)
        _write(folder / name, name, python, pins, number)
        names.append((name, name))
    file = folder / "fleet.toml"
    file.write_text(
        "[fleet]\nnodes = 10\n" + "".join(_table(n, *each) for n, each in enumerate(names))
    )
    return file


def _services(
    listed: Mapping[str, dict[str, str]], updated: bool, services: bool
) -> Iterator[tuple[str, str, list[str]]]:
    """Yield the name, the Python and the requirements of each service."""
    for name, facts in sorted(listed.items()):
        words = facts["updated" if updated else "requirements"].split()
        for number in range(SERVICES) if services else (None,):
            if number is None:
                yield name, facts["python"], words
                continue
            left_out = {word for word in words if sum(word.encode()) % SERVICES == number}
            kept = [word for word in words if word not in left_out]
            yield f"{name}-{number}", facts["python"], kept


def _table(number: int, name: str, place: str) -> str:
    instances, releases = 1 + number % 4, 1 + number % 3
    return (
        f'\n[[project]]\nname = "{name}"\npath = "{place}"\n'
        f"instances = {instances}\nreleases = {releases}\n"
    )


def _write(folder: Path, name: str, python: str, pins: dict[str, str], number: int) -> None:
    folder.mkdir()
    framework = next((one for one in FRAMEWORKS if one in pins), "")
    text, servers = FRAMEWORKS.get(framework, (PLAIN, ("python",)))
    server = next(one for one in servers if one in pins or one == "python")
    lines = "".join(f"{key}=={version}\n" for key, version in sorted(pins.items()))
    (folder / "requirements.txt").write_text(lines)
    (folder / "app.py").write_text(text.replace("NAME", name))
    (folder / "Dockerfile").write_text(
        "\n".join(_dockerfile(python, COMMANDS[server], number)) + "\n"
    )


def _dockerfile(python: str, command: str, number: int) -> Iterator[str]:
    packages = [name for every, name in PACKAGES if number % every == 0]
    yield f"FROM python:{python}{'-slim' if number % 2 else ''}"
    if packages:
        yield "RUN apt-get update \\"
        yield f"    && apt-get install -y --no-install-recommends {' '.join(packages)} \\"
        yield "    && rm -rf /var/lib/apt/lists/*"
    yield "WORKDIR /app"
    yield "COPY requirements.txt ."
    yield "RUN pip install --no-cache-dir -r requirements.txt"
    yield "COPY . ."
    yield "EXPOSE 8000"
    yield f"CMD {command}"
