"""The routers and documents of real frameworks, as an index has them today."""

from __future__ import annotations

import ast
import os
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from jettison.verify.interior import script_text

pytestmark = [pytest.mark.network]

PACKAGES = (
    "aiohttp==3.14.5", "bottle==0.13.4", "channels==4.3.2", "django==5.2.19",
    "djangorestframework==3.18.3", "drf-spectacular==0.30.0", "falcon==4.4.0",
    "fastapi==0.165.0", "flask==3.1.3", "flask-smorest==0.47.0", "flask-socketio==5.6.1",
    "litestar==2.25.0", "pyramid==2.1", "quart==0.22.0", "sanic==25.12.1",
    "setuptools==81.0.0", "starlette==1.10.0", "tornado==6.5.2",
)  # fmt: skip
APPLICATIONS = {
    "fastapi_": "import fastapi\napp = fastapi.FastAPI()\n@app.get('/x/{n}')\ndef x(n: int): ...\n",
    "starlette_": (
        "from starlette.applications import Starlette\nfrom starlette.routing import Mount, Route\n"
        "routes = [Mount('/m', routes=[Route('/x/{n:int}', lambda request: None)])]\n"
        "app = Starlette(routes=routes)\n"
    ),
    "litestar_": (
        "from litestar import Litestar, get\n"
        "@get('/x/{n:int}')\nasync def x(n: int) -> str: return ''\napp = Litestar([x])\n"
    ),
    "flask_": "import flask\napp = flask.Flask('x')\n@app.get('/x/<int:n>')\ndef x(n): ...\n",
    "quart_": "import quart\napp = quart.Quart('x')\n@app.get('/x/<int:n>')\nasync def x(n): ...\n",
    "smorest_": (
        "import flask, flask_smorest\napp = flask.Flask('x')\n"
        "app.config.update(API_TITLE='x', API_VERSION='1', OPENAPI_VERSION='3.0.2')\n"
        "api, blueprint = flask_smorest.Api(app), flask_smorest.Blueprint('x', 'x')\n"
        "@blueprint.route('/x/<int:n>')\n@blueprint.response(200)\ndef x(n): ...\n"
        "api.register_blueprint(blueprint)\n"
    ),
    "aiohttp_": (
        "from aiohttp import web\nasync def init_app():\n    app = web.Application()\n"
        "    app.router.add_post('/x/{n}', None or (lambda request: None))\n    return app\n"
    ),
    "bottle_": "import bottle\napp = bottle.Bottle()\n@app.get('/x/<n:int>')\ndef x(n): ...\n",
    "falcon_": (
        "import falcon\nclass X:\n    def on_get(self, request, response, n): ...\n"
        "app = falcon.App()\napp.add_route('/x/{n:int}', X())\n"
    ),
    "pyramid_": (
        "from pyramid.config import Configurator\nmade = Configurator()\n"
        "made.add_route('x', '/x/{n}')\nmade.add_view(lambda request: None, route_name='x')\n"
        "app = made.make_wsgi_app()\n"
    ),
    "sanic_": "import sanic\napp = sanic.Sanic('x')\n@app.get('/x/<n:int>')\ndef x(r, n): ...\n",
    "tornado_": (
        "from tornado import web\nclass X(web.RequestHandler):\n    def get(self, n): ...\n"
        "class Shop(web.Application): ...\napp = Shop([(r'/x/(?P<n>\\d+)', X)])\n"
    ),
}
SERVING = {
    "starlette_": (
        "from starlette.applications import Starlette\nfrom starlette.routing import Mount\n"
        "from starlette.staticfiles import StaticFiles\n"
        "files = Mount('/files', StaticFiles(directory='kept'))\n"
        "app = Starlette(routes=[Mount('/shop', routes=[files])])\n"
    ),
    "flask_": (
        "import flask\napp = flask.Flask('x', root_path='.', static_folder='none')\n"
        "made = flask.Blueprint('made', 'x', static_folder='kept', static_url_path='/files',\n"
        "    url_prefix='/shop', root_path='.')\napp.register_blueprint(made)\n"
    ),
    "aiohttp_": (
        "from aiohttp import web\napp = web.Application()\n"
        "inner = web.Application()\ninner.router.add_static('/files', 'kept')\n"
        "app.add_subapp('/shop', inner)\n"
    ),
    "litestar_": (
        "from litestar import Litestar\n"
        "from litestar.static_files import create_static_files_router\n"
        "app = Litestar([create_static_files_router('/shop/files', ['kept'])])\n"
    ),
    "tornado_": (
        "from tornado import web\n"
        "app = web.Application(static_path='kept', static_url_prefix='/shop/files/')\n"
    ),
}
SOCKETS = {
    "fastapi_": (
        "import fastapi\napp = fastapi.FastAPI()\n"
        "@app.websocket('/ws')\nasync def ws(socket): ...\n"
    ),
    "litestar_": (
        "from litestar import Litestar, WebSocket, websocket\n"
        "@websocket('/ws')\nasync def ws(socket: WebSocket) -> None: ...\napp = Litestar([ws])\n"
    ),
    "quart_": (
        "import quart\napp = quart.Quart('x')\n@app.websocket('/ws')\nasync def ws(): ...\n"
    ),
    "sanic_": (
        "import sanic\napp = sanic.Sanic('x')\n@app.websocket('/ws')\nasync def x(r, s): ...\n"
    ),
    "tornado_": (
        "from tornado import web, websocket\nclass X(websocket.WebSocketHandler): ...\n"
        "app = web.Application([('/ws', X)])\n"
    ),
}
DOCUMENTED = {"fastapi_", "litestar_", "smorest_"}
SETTINGS = """
SECRET_KEY, ROOT_URLCONF, DEFAULT_AUTO_FIELD = "x", "urls", "django.db.models.AutoField"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "rest_framework"]
REST_FRAMEWORK = {"DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"}
"""
URLS = """
from django.contrib.auth.models import Group
from django.urls import include, path, re_path
from rest_framework import filters, pagination, routers, serializers, viewsets
from rest_framework.decorators import action, api_view

class GroupSerializer(serializers.ModelSerializer):
    class Meta:
        model, fields = Group, ["name"]

class Pages(pagination.PageNumberPagination):
    page_size, page_size_query_param, max_page_size = 2, "size", 30

class Groups(viewsets.ModelViewSet):
    serializer_class, queryset, pagination_class = GroupSerializer, Group.objects.all(), Pages
    filter_backends, ordering_fields = [filters.OrderingFilter], ["name"]

    @action(detail=True, methods=["post"])
    def move(self, request, pk=None):
        return request.data["to"]

class Login(serializers.Serializer):
    username, password = serializers.CharField(max_length=9), serializers.CharField()

@api_view(["POST"])
def login(request):
    return Login(data=request.data)

def form(request):
    return request.POST["title"]

router = routers.DefaultRouter()
router.register("groups", Groups)
urlpatterns = [path("api/", include(router.urls)), re_path(r"^y/(?P<y>[0-9]{4})/$", lambda r, y: 1)]
urlpatterns += [path("form/", form), path("login/", login)]
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that has all of them."""
    place = tmp_path_factory.mktemp("frameworks") / "venv"
    uv = [sys.executable, "-m", "uv", "--quiet"]
    subprocess.run([*uv, "venv", "--python", sys.executable, str(place)], check=True)
    made = place / "bin" / "python"
    subprocess.run([*uv, "pip", "install", "--python", str(made), *PACKAGES], check=True)
    return made


def ask(python: Path, script: str, asked: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    command = [str(python), "-c", script_text(script, dict(asked))]
    # each framework is compiled once for all tests
    compiling = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=True, env=compiling
    )
    (line,) = (one for one in done.stdout.splitlines() if one.startswith("jettison-says:"))
    found: dict[str, Any] = ast.literal_eval(line.partition(":")[2])
    return found


@pytest.mark.parametrize("name", APPLICATIONS)
def test_the_routes_of_a_framework_are_found(name: str, python: Path, tmp_path: Path) -> None:
    (tmp_path / f"{name}.py").write_text(APPLICATIONS[name])
    found = ask(python, "routes", {"targets": [name]}, tmp_path)
    own = [
        route["path"] for route in found["routes"] if route["path"].rpartition("/")[0][-1:] == "x"
    ]
    assert own, found.get("failures")
    assert all("n" in path for path in own)
    assert bool(found["openapi"]) is (name in DOCUMENTED)


@pytest.mark.parametrize("name", SOCKETS)
def test_routes_of_web_sockets_are_told_from_others(
    name: str, python: Path, tmp_path: Path
) -> None:
    (tmp_path / f"{name}.py").write_text(SOCKETS[name])
    found = ask(python, "routes", {"targets": [name]}, tmp_path)
    assert {"path": "/ws", "methods": ["WEBSOCKET"]} in found["routes"]


EVENTS = {
    "flask_": (
        "import flask, flask_socketio\napp = flask.Flask('x')\n"
        "io = flask_socketio.SocketIO(app, async_mode='threading')\n"
        "@io.on('say')\ndef say(data): io.emit('said', data['text'] + data.get('to', ''))\n"
        "@io.event(namespace='/in')\ndef ping(): ...\n@io.on('connect')\ndef begin(): ...\n"
    ),
    "starlette_": (
        "import socketio\nfrom starlette.applications import Starlette\n"
        "io = socketio.AsyncServer(async_mode='asgi')\n"
        "app = socketio.ASGIApp(io, Starlette())\n"
        "@io.on('say')\nasync def say(sid, data): return data['text'] + data.get('to', '')\n"
        "class Inner(socketio.AsyncNamespace):\n    async def on_ping(self, sid): ...\n"
        "io.register_namespace(Inner('/in'))\n"
    ),
    "alone_": (
        "import socketio\nio = socketio.Server(async_mode='threading')\n"
        "app = socketio.WSGIApp(io)\n"
        "@io.on('say')\ndef say(sid, data): return data['text'] + data.get('to', '')\n"
        "@io.on('ping', namespace='/in')\ndef ping(sid): ...\n"
    ),
}


@pytest.mark.parametrize("name", EVENTS)
def test_events_are_sent_as_a_client_of_socket_io_sends_them(
    name: str, python: Path, tmp_path: Path
) -> None:
    (tmp_path / f"{name}.py").write_text(EVENTS[name])
    routes = ask(python, "routes", {"targets": [f"{name}:app"]}, tmp_path)["routes"]
    (route,) = [one for one in routes if one["methods"] == ["WEBSOCKET"]]
    assert route["path"] == "/socket.io/"
    (text,) = route["reads"]["WEBSOCKET"]["body"][1]["enum"]
    assert text.splitlines() == [
        "40",
        '421["say", {"text": "hello", "to": "hello"}]',
        "40/in,",
        '42/in,2["ping"]',
    ]


@pytest.mark.parametrize("name", SERVING)
def test_the_folders_that_a_framework_serves_are_found(
    name: str, python: Path, tmp_path: Path
) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / f"{name}.py").write_text(SERVING[name])
    found = dict(ask(python, "routes", {"targets": [name]}, tmp_path)["folders"])
    assert tmp_path / found["/shop/files/"] == tmp_path / "kept"


NAMED = {
    "starlette_": (
        "from starlette.applications import Starlette\n"
        "from starlette.middleware import Middleware\n"
        "from starlette.middleware.trustedhost import TrustedHostMiddleware\n"
        "held = Middleware(TrustedHostMiddleware, allowed_hosts=['*.shop.example'])\n"
        "app = Starlette(middleware=[held])\n"
    ),
    "flask_": "import flask\napp = flask.Flask('x')\napp.config['SERVER_NAME'] = 'shop.example'\n",
}


@pytest.mark.parametrize(("name", "host"), [("starlette_", "*."), ("flask_", "")])
def test_the_hosts_that_a_framework_answers_for_are_found(
    name: str, host: str, python: Path, tmp_path: Path
) -> None:
    (tmp_path / f"{name}.py").write_text(NAMED[name])
    assert ask(python, "routes", {"targets": [name]}, tmp_path)["hosts"] == [f"{host}shop.example"]


def test_the_folders_that_a_django_site_serves_are_found(python: Path, tmp_path: Path) -> None:
    whitenoise = "whitenoise.middleware.WhiteNoiseMiddleware"
    own = f"MIDDLEWARE, STATIC_URL, STATIC_ROOT = ['{whitenoise}'], '/files/', '/app/made'\n"
    own += "ALLOWED_HOSTS = ['shop.example']\n"
    settings = SETTINGS.replace("[", "['django.contrib.staticfiles', ", 1)
    (tmp_path / "settings.py").write_text(f"{settings}{own}WHITENOISE_USE_FINDERS = True\n")
    (tmp_path / "urls.py").write_text("urlpatterns = []\n")
    (tmp_path / "manage.py").write_text("set('DJANGO_SETTINGS_MODULE', 'settings')\n")
    found = ask(python, "django_site", {"files": ["manage.py"]}, tmp_path)
    folders = found["folders"]
    assert found["hosts"] == ["shop.example"]
    assert ("/files/", "/app/made") in folders
    assert any(path.endswith("/rest_framework/static") for _, path in folders)


MOUNTED = {
    "classes": (
        (
            "from starlette.applications import Starlette\n"
            "from starlette.endpoints import HTTPEndpoint\n"
            "from starlette.routing import Mount, Route\n"
            "class Note(HTTPEndpoint):\n"
            "    async def get(self, request): ...\n"
            "    async def post(self, request): return (await request.json())['title']\n"
            "app = Starlette(routes=[Mount('/inner', routes=[Route('/note', Note)])])\n"
        ),
        {"/inner/note": ["GET", "POST"]},
    ),
    "parts": (
        (
            "from aiohttp import web\n"
            "class Note(web.View):\n"
            "    async def get(self): ...\n"
            "    async def delete(self): ...\n"
            "async def made():\n"
            "    inner, app = web.Application(), web.Application()\n"
            "    inner.router.add_view('/note/{n:\\\\d+}', Note)\n"
            "    app.add_subapp('/inner', inner)\n"
            "    return app\n"
        ),
        {"/inner/note/{n:int}": ["DELETE", "GET"]},
    ),
}


@pytest.mark.parametrize("name", MOUNTED)
def test_applications_within_another_are_found(name: str, python: Path, tmp_path: Path) -> None:
    text, routes = MOUNTED[name]
    (tmp_path / f"{name}.py").write_text(text)
    found = ask(python, "routes", {"targets": [name, f"{name}:made()"]}, tmp_path)
    assert {one["path"]: one["methods"] for one in found["routes"]} == routes


def test_what_fastapi_hides_and_mounts_is_documented(python: Path, tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(
        "import fastapi\napp, inner = fastapi.FastAPI(openapi_url=None), fastapi.FastAPI()\n"
        "@app.get('/hidden', include_in_schema=False)\ndef hidden(n: int): ...\n"
        "@inner.get('/deep')\ndef deep(n: int): ...\napp.mount('/inner', inner)\n"
    )
    outer, inner = ask(python, "routes", {"targets": ["shop:app"]}, tmp_path)["openapi"]
    assert set(outer["paths"]) == {"/hidden"}
    assert (inner["basePath"], set(inner["paths"])) == ("/inner", {"/deep"})


def test_the_tables_of_a_django_site_are_made_before_it_is_asked(
    python: Path, tmp_path: Path
) -> None:
    place = tmp_path / "db.sqlite3"
    database = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(place)}}
    (tmp_path / "settings.py").write_text(f"{SETTINGS}\nDATABASES = {database}\n")
    (tmp_path / "urls.py").write_text(URLS)
    (tmp_path / "manage.py").write_text("set('DJANGO_SETTINGS_MODULE', 'settings')\n")
    asked = {"files": ["manage.py"], "superuser": ["mara", "mara@example.org", "Str0ng-Pass"]}
    assert ask(python, "django_site", asked, tmp_path)["made"] == "mara"
    with closing(sqlite3.connect(place)) as made:
        assert made.execute("SELECT username FROM auth_user").fetchall() == [("mara",)]


def test_the_urls_of_a_django_site_are_found_with_what_they_take(
    python: Path, tmp_path: Path
) -> None:
    (tmp_path / "settings.py").write_text(SETTINGS)
    (tmp_path / "urls.py").write_text(URLS)
    (tmp_path / "manage.py").write_text("set('DJANGO_SETTINGS_MODULE', 'settings')\n")
    found = ask(python, "django_site", {"files": ["manage.py"]}, tmp_path)
    assert {"/api/groups/", "/api/groups/<pk>/", "/y/<y>/"} <= {
        route["path"] for route in found["routes"]
    }
    (own,) = (route for route in found["routes"] if route["path"] == "/form/")
    assert own["methods"] == ["GET", "POST"]
    assert list(own["reads"]["POST"]["body"][1]["properties"]) == ["title"]
    paths = found["openapi"][0]["paths"]
    assert set(paths) >= {"/api/groups/", "/api/groups/{id}/"}
    assert {"ordering", "page", "size"} <= {
        one["name"] for one in paths["/api/groups/"]["get"]["parameters"]
    }


def test_what_views_of_the_rest_framework_read_is_found_without_a_generator(
    python: Path, tmp_path: Path
) -> None:
    (tmp_path / "settings.py").write_text(SETTINGS.rpartition("REST")[0])
    (tmp_path / "urls.py").write_text(URLS)
    (tmp_path / "manage.py").write_text("set('DJANGO_SETTINGS_MODULE', 'settings')\n")
    (tmp_path / "drf_spectacular.py").write_text("raise ImportError\n")
    found = ask(python, "django_site", {"files": ["manage.py"]}, tmp_path)
    bodies = {
        route["path"]: route["reads"]["POST"]["body"][1]["properties"]
        for route in found["routes"]
        if "POST" in route.get("reads", {})
    }
    assert bodies["/login/"] == {
        "username": {"type": "string", "maxLength": 9},
        "password": {"type": "string"},
    }
    assert bodies["/api/groups/<pk>/move/"] == {"to": {"type": "string"}}
    paths = found["openapi"][0]["paths"]
    assert "requestBody" not in paths["/api/groups/{pk}/move/"]["post"]
    assert {one["name"]: one["schema"] for one in paths["/api/groups/"]["get"]["parameters"]} == {
        "ordering": {"type": "string", "enum": ["name", "-name"]},
        "page": {"type": "integer"},
        "size": {"type": "integer", "enum": [1, 30, 31]},
    }


def test_the_methods_of_django_views_are_those_that_they_allow_or_compare(
    python: Path, tmp_path: Path
) -> None:
    (tmp_path / "settings.py").write_text(SETTINGS)
    (tmp_path / "manage.py").write_text("set('DJANGO_SETTINGS_MODULE', 'settings')\n")
    (tmp_path / "urls.py").write_text(
        "from django.urls import path\n"
        "from django.views.decorators.csrf import csrf_exempt\n"
        "from django.views.decorators.http import require_http_methods, require_safe\n"
        "@csrf_exempt\n@require_http_methods(['GET', 'DELETE'])\ndef one(request): ...\n"
        "@require_safe\ndef two(request): ...\n"
        "def three(request):\n"
        "    if request.method == 'DELETE': return 1\n"
        "    return request.method in ('PUT', 'PATCH')\n"
        "def four(request):\n"
        "    match request.method:\n        case 'GET' | 'POST': return 1\n"
        "urlpatterns = [path(f.__name__, f) for f in (one, two, three, four)]\n"
    )
    found = ask(python, "django_site", {"files": ["manage.py"]}, tmp_path)
    assert {route["path"]: route["methods"] for route in found["routes"]} == {
        "/one": ["DELETE", "GET"],
        "/two": ["GET"],
        "/three": ["DELETE", "GET", "PATCH", "PUT"],
        "/four": ["GET", "POST"],
    }


def test_the_web_sockets_that_channels_routes_are_found(python: Path, tmp_path: Path) -> None:
    (tmp_path / "settings.py").write_text(f"{SETTINGS}ASGI_APPLICATION = 'served.application'\n")
    (tmp_path / "urls.py").write_text("urlpatterns = []\n")
    (tmp_path / "manage.py").write_text("set('DJANGO_SETTINGS_MODULE', 'settings')\n")
    (tmp_path / "served.py").write_text(
        "from channels.routing import ProtocolTypeRouter, URLRouter\n"
        "from channels.security.websocket import AllowedHostsOriginValidator\n"
        "from channels.generic.websocket import WebsocketConsumer\n"
        "from django.urls import path\n"
        "class Chat(WebsocketConsumer): ...\n"
        "rooms = URLRouter([path('ws/<room>/', Chat.as_asgi())])\n"
        "kept = {'websocket': AllowedHostsOriginValidator(rooms)}\n"
        "application = ProtocolTypeRouter(kept)\n"
    )
    found = ask(python, "django_site", {"files": ["manage.py"]}, tmp_path)
    assert {"path": "/ws/<room>/", "methods": ["WEBSOCKET"]} in found["routes"]
