"""How an application is served that nothing starts."""

from __future__ import annotations

import pytest

from jettison.source.entries import Served, likely_server

FASTAPI = """from fastapi import FastAPI
from src.core import settings

app: FastAPI = FastAPI(title="x")
"""
WSGI = "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n"


@pytest.mark.parametrize(
    ("texts", "more", "distributions", "served"),
    [
        (
            {"src/main.py": FASTAPI, "src/other/thing.py": FASTAPI},
            ["src/core.py"],
            {"fastapi", "uvicorn"},
            ("", "-m uvicorn src.main:app --host 0.0.0.0 --port 8000"),
        ),
        (
            {"back/src/main.py": FASTAPI},
            ["back/src/core.py"],
            {"hypercorn"},
            ("back", "-m hypercorn --bind 0.0.0.0:8000 src.main:app"),
        ),
        (
            {"site/shop/wsgi.py": WSGI},
            ["site/manage.py"],
            {"django"},
            ("site", "-m manage runserver --noreload 0.0.0.0:8000"),
        ),
        (
            {"shop/wsgi.py": WSGI},
            ["manage.py"],
            {"django", "gunicorn"},
            ("", "-m gunicorn --bind 0.0.0.0:8000 shop.wsgi:application"),
        ),
        (
            {"web.py": "import flask\nserver = flask.Flask(__name__)\n"},
            [],
            {"flask"},
            ("", "-m flask --app web:server run --host 0.0.0.0 --port 8000"),
        ),
        (
            {
                "app/main.py": "from app.made import create\n\napp = create(debug=False)\n",
                "app/made.py": "def create(\n    debug,\n):\n    return FastAPI()\n\n\nX = 1\n",
            },
            [],
            {"uvicorn"},
            ("", "-m uvicorn app.main:app --host 0.0.0.0 --port 8000"),
        ),
        ({"shop/wsgi.py": WSGI}, [], {"django"}, None),
        ({"web.py": "def made():\n    app = Flask(__name__)\n"}, [], {"flask"}, None),
        ({"main.py": FASTAPI}, [], {"fastapi"}, None),
    ],
)
def test_an_object_is_served_by_what_is_installed_from_where_its_imports_begin(
    texts: dict[str, str],
    more: list[str],
    distributions: set[str],
    served: tuple[str, str] | None,
) -> None:
    found = likely_server(texts, {*texts, *more}, distributions, 8000)
    folder, words = served or ("", "")
    assert found == (Served(words=tuple(words.split()), folder=folder) if served else None)
