"""Says which routes the application has. ``ASKED`` is put in front of this text.

The command of a running process runs once more, up to where it would listen, to get hold of the
application that it serves.
"""

import asyncio
import contextlib
import importlib
import os
import re
import runpy
import signal
import sys

from jettison.verify.inside import events, interpreters, routers

ASKED = globals().get("ASKED", {})
MARKER = "jettison-says:"
SECONDS = 60
# what serves an application (module, what is called), and which argument is the application
SERVERS = (
    ("uvicorn.config", "Config.__init__", 1, "app"),
    ("gunicorn.app.base", "BaseApplication.run", 0, "self"),
    ("hypercorn.asyncio", "serve", 0, "app"),
    ("hypercorn.trio", "serve", 0, "app"),
    ("granian", "Granian.__init__", 1, "target"),
    ("waitress", "serve", 0, "app"),
    ("werkzeug.serving", "run_simple", 2, "application"),
    ("flask_socketio", "SocketIO.run", 1, "app"),
    ("flask", "Flask.run", 0, "self"),
    ("quart", "Quart.run", 0, "self"),
    ("sanic", "Sanic.run", 0, "self"),
    ("aiohttp.web", "run_app", 0, "app"),
    ("aiohttp.web", "AppRunner.__init__", 1, "app"),
    ("tornado.httpserver", "HTTPServer.initialize", 1, "request_callback"),
    ("bottle", "run", 0, "app"),
    ("cheroot.wsgi", "Server.__init__", 2, "wsgi_app"),
    ("gevent.pywsgi", "WSGIServer.__init__", 2, "application"),
    ("eventlet.wsgi", "server", 1, "site"),
    ("wsgiref.simple_server", "make_server", 2, "app"),
)

# what middleware and servers of other protocols call the application that they wrap
INNER = ("app", "wsgi_app", "application", "asgi_app", "wsgi_application", "other_asgi_app")
# A server that has an interpreter inside, and what it calls if nothing says otherwise.
UWSGI, CALLED = ("uwsgi", "pyuwsgi"), "application"
UWSGI_SHORT = {"-w": "module", "-H": "virtualenv"}

# what the application prints while it is imported is no part of the answer
SAID = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


class Served(BaseException):
    """Carries the application out of the program that wanted to serve it."""

    def __init__(self, app, factory):
        super().__init__("an application was served")
        self.app = app
        self.factory = factory


def late(*_):
    """End a program that serves nothing that is known."""
    raise TimeoutError(f"it serves no known framework within {SECONDS} s")


def caught(place, name):
    """Make a substitute for a server."""

    def serve(*args, **words):
        app = args[place] if len(args) > place else words.get(name)
        load = getattr(app, "load", None)
        raise Served(load() if name == "self" and load else app, words.get("factory", False))

    return serve


def watch():
    """Put something in the place of every server that is installed."""
    for module, called, place, name in SERVERS:
        try:
            owner = importlib.import_module(module)
        except ImportError:
            continue
        holder, _, attribute = called.rpartition(".")
        owner = getattr(owner, holder, None) if holder else owner
        if owner is not None:
            setattr(owner, attribute, caught(place, name))


def processes(listed):
    """Give the words, variables and folder of every other process that runs Python, oldest first.

    A shell's script may have set variables and built the command. ``listed`` is the folder where
    the kernel of a container lists its processes, and no others.
    """
    numbers = sorted(int(name) for name in os.listdir(listed) if name.isdecimal())
    for number in numbers:
        words = interpreters.texts(f"{listed}/{number}/cmdline")
        name = os.path.basename(words[0] if words else "")
        if not name.startswith(("python", *UWSGI)) or number in (os.getpid(), os.getppid()):
            continue
        variables = interpreters.texts(f"{listed}/{number}/environ")
        try:
            folder = os.readlink(f"{listed}/{number}/cwd")
        except OSError:
            # one that runs as another user has most likely what the image says
            folder = os.getcwd()
        pairs = (one.partition("=") for one in variables)
        yield words, {name: value for name, _, value in pairs}, folder


def start(words):
    """Run a command of Python as its interpreter would; the first word is the interpreter."""
    words = words[1:]
    while words and words[0].startswith("-") and words[0] not in ("-", "-c", "-m"):
        words = words[2 if words[0] in ("-X", "-W") else 1 :]
    if words[:1] == ["-m"]:
        sys.argv = words[1:]
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    elif words and not words[0].startswith("-"):
        sys.argv = words
        sys.path.insert(0, os.path.dirname(os.path.abspath(words[0])))
        runpy.run_path(words[0], run_name="__main__")


def application(words, variables, folder):
    """Give what a command serves, and whether it is called to give the application.

    A text names it as ``module:attribute``. Raises what the command raises.
    """
    os.chdir(folder)
    os.environ.update(variables)
    watch()
    signal.signal(signal.SIGALRM, late)
    signal.alarm(SECONDS)
    try:
        start(words)
    except Served as found:
        app = found.app
        if asyncio.iscoroutine(app):
            app = asyncio.new_event_loop().run_until_complete(app)
        return app, found.factory
    finally:
        signal.alarm(0)
    raise ValueError("the command ended without serving a known framework")


def configured(words):
    """Give what uwsgi is told, by its command and the files that this names; the last one counts.

    Its files have lines ``name = value``; of YAML those are taken that are alike.
    """
    pairs, left = [], list(words[1:])
    while left:
        word = left.pop(0)
        name, equals, value = UWSGI_SHORT.get(word, word).lstrip("-").partition("=")
        if word.startswith("-") and not equals and left and not left[0].startswith("-"):
            value = left.pop(0)
        file = value or word
        if not file.endswith((".ini", ".yaml", ".yml")):
            pairs.append((name, value))
            continue
        with open(file) as lines:
            here = os.path.dirname(os.path.abspath(file)) + "/"
            found = re.findall(r"(?m)^[ \t]*([\w-]+)[ \t]*[=:](.+)$", lines.read())
        for name, value in found:
            plain = value.partition(" ;")[0].strip(" \t\"'")
            pairs.append((name, plain.replace("%d", here)))
    return pairs


def embedded(words, variables, folder):
    """Import what uwsgi was told to serve."""
    os.chdir(folder)
    os.environ.update(variables)
    pairs = configured(words)
    os.environ.update(value.partition("=")[::2] for name, value in pairs if name == "env")
    told = dict(pairs)
    os.chdir(told.get("chdir") or told.get("chdir2") or ".")
    folders = [told.get(name) for name in ("pythonpath", "python-path", "pp")]
    sys.path[:0] = [os.path.abspath(one) for one in ["", *folders] if one is not None]
    module = told.get("module") or told.get("wsgi") or told.get("mount", "").partition("=")[2]
    file = told.get("wsgi-file") or told.get("file")
    if not module and file:
        sys.path.insert(0, os.path.dirname(os.path.abspath(file)))
        module = os.path.splitext(os.path.basename(file))[0]
    name = module.partition(":")[2] or told.get("callable") or CALLED
    return attribute(f"{module.partition(':')[0]}:{name}")


def attribute(target):
    """Import ``module:attribute``, or the module of a file; a factory is called."""
    module, _, name = target.partition(":")
    module = module[:-3].strip("./").replace("/", ".") if module.endswith(".py") else module
    found = importlib.import_module(module)
    names = [name] if name else ["app", "application", "api", "create_app", "make_app", "init_app"]
    for one in names:
        is_call = one.endswith("()")
        value = getattr(found, one[:-2] if is_call else one, None)
        if value is not None:
            factory = is_call or (callable(value) and type(value).__name__ == "function")
            try:
                return awaited(value()) if factory else value
            except TypeError:
                return value  # a plain ASGI or WSGI function
    raise AttributeError(f"{module} has none of {names}")


def awaited(value):
    """Give what a coroutine makes, and anything else as it is."""
    import inspect

    return asyncio.run(value) if inspect.iscoroutine(value) else value


def layers(app):
    """Give the application and what its middleware wraps."""
    seen = []
    while app is not None and app not in seen:
        seen.append(app)
        inner = [getattr(app, name, None) for name in INNER]
        app = next((one for one in inner if hasattr(one, "__dict__")), None)
    return seen


def declared(app):
    """Give what an application, or what its middleware wraps, says about itself, or nothing."""
    try:
        own = list(events.routes())
    except Exception:
        own = []
    names = []
    for layer in layers(app):
        with contextlib.suppress(Exception):  # one that is read in no way takes any
            names += routers.hosts(layer)
        found = routers.described(layer)
        if found is not None:
            found["routes"] += own
            return {**found, "folders": routers.served(layer), "hosts": names}
    return {"routes": own, "openapi": [], "folders": []} if own else None


def started(process):
    """Give what a process serves."""
    if os.path.basename(process[0][0]).startswith(UWSGI):
        return embedded(*process)
    app, factory = application(*process)
    if isinstance(app, str):
        return attribute(f"{app}()" if factory else app)
    return awaited(app()) if factory else app


def attempts():
    """Give ways to the application, the cheapest first."""
    for target in ASKED.get("targets", ()):
        yield target, lambda target=target: attribute(target)
    for process in processes(ASKED["processes"]) if ASKED.get("processes") else ():
        yield " ".join(process[0]), lambda process=process: started(process)


def answer():
    """Try everything that was named, and keep what each attempt said."""
    failures = []
    for name, attempt in attempts():
        try:
            found = declared(attempt())
        except BaseException as wrong:
            failures.append(f"{name}: {type(wrong).__name__}: {wrong}"[:300])
            continue
        if found is not None:
            return found
        failures.append(f"{name}: no known router")
    return {"routes": [], "openapi": [], "failures": failures}


sys.path.insert(0, os.getcwd())
for folder in ASKED.get("folders", ()):
    sys.path.insert(0, folder)
SAID.write(f"\n{MARKER}{answer()!a}\n")
SAID.flush()
os._exit(0)
