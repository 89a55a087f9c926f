"""Says which routes a Django site has, and what its REST framework's views take.

``ASKED`` is put in front of this text. With ``superuser`` it makes an account instead.
"""

import contextlib
import importlib
import os
import re
import sys

ASKED = globals().get("ASKED", {})
MARKER = "jettison-says:"
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}
WRITING = {"POST", "PUT", "PATCH"}

# what the site prints while it is set up is no part of the answer
SAID = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def settings_names():
    """Give the settings modules that are named by the environment or by the site's own files."""
    named = os.environ.get("DJANGO_SETTINGS_MODULE")
    if named:
        yield named
    for path in ASKED.get("files", ()):
        if os.path.isfile(path):
            with open(path) as file:
                yield from re.findall(r"DJANGO_SETTINGS_MODULE[\"'],\s*[\"']([\w.]+)", file.read())


def template(pattern):
    """Give a pattern with ``<name>`` for each parameter, or nothing for a complicated one."""
    text = str(pattern)
    if type(pattern).__name__ == "RegexPattern":
        text = re.sub(r"\(\?P<(\w+)>(?:\\d|\[0-9\])\+\)", r"<int:\1>", text)
        text = re.sub(r"\(\?P<(\w+)>[^()]*(?:\([^()]*\)[^()]*)*\)", r"<\1>", text)
        text = text.replace("^", "").replace("$", "").replace("\\Z", "").replace("\\.", ".")
        if re.search(r"[()\[\]?*+|\\]", text):
            return None
    return text


def views(patterns, prefix="/"):
    """Walk the URL patterns down to views."""
    for entry in patterns:
        text = template(entry.pattern)
        if text is None:
            continue
        inner = getattr(entry, "url_patterns", None)
        if inner is not None:
            yield from views(inner, prefix + text)
        else:
            yield prefix + text, getattr(entry, "callback", None)


def methods(callback):
    """Give the methods that a view answers."""
    from jettison.verify.inside import handlers

    actions = getattr(callback, "actions", None)
    if actions:
        return sorted(name.upper() for name in actions)
    view = getattr(callback, "view_class", None) or getattr(callback, "cls", None)
    offered = [name for name in getattr(view, "http_method_names", ()) if hasattr(view, name)]
    if view is None:
        reads = {"POST"} if "body" in handlers.takes(callback, "POST") else set()
        return sorted(declared(callback) or {"GET", *reads, *compared(callback)})
    return sorted(name.upper() for name in offered) or ["GET"]


def declared(view):
    """Give the methods that a decorator allows (``require_http_methods`` and those made by it)."""
    while view is not None:
        names = getattr(getattr(view, "__code__", None), "co_freevars", ())
        if "request_method_list" in names:
            cell = view.__closure__[names.index("request_method_list")]
            return METHODS & {str(one) for one in cell.cell_contents}
        view = getattr(view, "__wrapped__", None)
    return set()


def compared(view):
    """Give the methods that the source of a view compares that of the request with."""
    import ast

    from jettison.verify.inside import handlers

    found, kinds = set(), (ast.Compare, ast.Match) if hasattr(ast, "Match") else ast.Compare
    for node in ast.walk(handlers.source_of(view) or ast.Module(body=[], type_ignores=[])):
        if isinstance(node, kinds):
            sides = [getattr(node, "subject", None) or node.left, *getattr(node, "comparators", ())]
            inner = [node] if sides[1:] else [one.pattern for one in node.cases]
            texts = (getattr(each, "value", None) for one in inner for each in ast.walk(one))
            if any(getattr(one, "attr", "") == "method" for one in sides):
                found.update(text for text in texts if isinstance(text, str))
    return METHODS & found


def read(callback):
    """Give what tells how a view reads its requests: its class, or the view itself.

    Of a set of views, that is a class with the function of each method.
    """
    from jettison.verify.inside import handlers

    actions = getattr(callback, "actions", None)
    if actions:
        found = {to: getattr(callback.cls, by) for to, by in actions.items()}
        own = {to: one for to, one in found.items() if not handlers.is_installed(one)}
        return type("Actions", (), own)
    return getattr(callback, "view_class", None) or getattr(callback, "cls", None) or callback


def described(callback):
    """Describe what a view of the REST framework takes, method by method."""
    from jettison.verify.inside import handlers, models

    view = getattr(callback, "cls", None)
    serializer = getattr(view, "serializer_class", None)
    if serializer is None:
        return {}
    lists = (getattr(callback, "actions", None) or {}).get("get", "list") == "list"
    queries = [*asked_for(view)] if lists and hasattr(view, "paginate_queryset") else []
    fields = models.fields_of(serializer)
    schema = {
        "type": "object",
        "properties": {name: one for name, (one, _) in fields.items()},
        "required": [name for name, (_, needed) in fields.items() if needed],
    }
    uploads = any(one.get("format") == "binary" for one in schema["properties"].values())
    kind = "multipart/form-data" if uploads else "application/json"
    body = {"content": {kind: {"schema": schema}}, "required": True}
    # what the view reads by itself is no serializer's
    reads = handlers.route("", methods(callback), read(callback)).get("reads", {})
    own = {one for one, found in reads.items() if found.get("body", ("", {}))[1].get("properties")}
    taking = WRITING - own
    return {
        method.lower(): {"requestBody": body}
        if method in taking
        else {"parameters": queries if method == "GET" else []}
        for method in methods(callback)
    }


def asked_for(view):
    """Describe the query of a list of the REST framework: its filters, its order and its pages.

    Source: djangorestframework 3.15, filters.py and pagination.py; django-filter 24, backends.py.
    """
    from jettison.verify.inside import models

    one = view()
    for part in (*view.filter_backends, *filter(None, [view.pagination_class])):
        filters = getattr(part(), "get_filterset_class", None)
        if filters is not None:
            fields = getattr(filters(one, getattr(view, "queryset", None)), "base_filters", {})
            for name, one_filter in fields.items():
                schema = models.field_schema(one_filter.field)
                yield {"name": name, "in": "query", "schema": schema}
            continue
        for told in getattr(part(), "get_schema_operation_parameters", lambda _: [])(one):
            listed = values(part, view, told["name"])
            yield {**told, "schema": {**told["schema"], "enum": listed}} if listed else told


def values(part, view, name):
    """Give the values of a parameter that a list is ordered by, or that says how long it is."""
    orders, most = getattr(view, "ordering_fields", None), getattr(part, "max_page_size", None)
    if name == getattr(part, "ordering_param", None) and isinstance(orders, (list, tuple)):
        return [f"{to}{by}" for by in orders for to in ("", "-")]
    if name == getattr(part, "page_size_query_param", None) and most:
        return [1, most, most + 1]
    return []


def own_document(found):
    """Describe the views of the REST framework, each as far as it can be read."""
    paths = {}
    for path, callback in found:
        try:
            entry = described(callback)
        except Exception:
            continue
        if entry:
            paths[re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path)] = entry
    return {"paths": paths} if paths else None


def document(found):
    """Give the OpenAPI document of the site's own generator, or one made here."""
    try:
        import json

        from drf_spectacular.generators import SchemaGenerator

        return json.loads(json.dumps(SchemaGenerator().get_schema(None, public=True), default=str))
    except Exception:
        return own_document(found)


def folders():
    """Give the folders of static files that the site's middleware serves, each after its address.

    Source: whitenoise 6, middleware.py.
    """
    from urllib.parse import urlsplit

    settings = importlib.import_module("django.conf").settings
    if not any(re.search("whitenoise|servestatic", name, re.I) for name in settings.MIDDLEWARE):
        return
    address = urlsplit(settings.STATIC_URL or "").path
    if settings.STATIC_ROOT and address:
        yield address, str(settings.STATIC_ROOT)
    if getattr(settings, "WHITENOISE_ROOT", None):
        yield "/", str(settings.WHITENOISE_ROOT)
    if address and getattr(settings, "WHITENOISE_USE_FINDERS", settings.DEBUG):
        for finder in importlib.import_module("django.contrib.staticfiles.finders").get_finders():
            for storage in getattr(finder, "storages", {}).values():
                prefix = getattr(storage, "prefix", "")
                yield f"{address}{prefix}/" if prefix else address, str(storage.location)


def served():
    """Give these folders, or none where they are not known."""
    try:
        return list(folders())
    except Exception:
        return []


def consumers():
    """Give the addresses of WebSockets that Channels routes, each with its consumer.

    Source: channels 4, routing.py; what is between the protocol and its router wraps the latter.
    """
    target = getattr(importlib.import_module("django.conf").settings, "ASGI_APPLICATION", None)
    if not target:
        return
    module, _, name = target.rpartition(".")
    app = getattr(importlib.import_module(module), name)
    inner = getattr(app, "application_mapping", {}).get("websocket")
    while inner is not None and not hasattr(inner, "routes"):
        inner = getattr(inner, "inner", None) or getattr(inner, "application", None)
    for path, callback in views(getattr(inner, "routes", ())):
        yield path, getattr(callback, "consumer_class", callback)


def routed(path, callback):
    """Give the route of a view, with what the serializer of its class compares fields with."""
    from jettison.verify.inside import handlers

    told = handlers.route(path, methods(callback), read(callback))
    serializer = getattr(getattr(callback, "cls", None), "serializer_class", None)
    with contextlib.suppress(Exception):  # no more than the methods is needed
        known = handlers.checked(serializer) if serializer else {}
        for method in WRITING & {*told["methods"]} if known else ():
            own = told.setdefault("reads", {}).setdefault(method, {})
            told["reads"][method] = {**known, **own}
    return told


def site(settings):
    """Set the site up and describe it."""
    os.environ["DJANGO_SETTINGS_MODULE"] = settings
    importlib.import_module("django").setup()
    from jettison.verify.inside import handlers, models

    models.migrate()
    resolver = importlib.import_module("django.urls").get_resolver()
    found = list(views(resolver.url_patterns))
    routes = [routed(path, callback) for path, callback in found]
    with contextlib.suppress(Exception):  # what serves may be another application than is named
        routes += [handlers.route(path, ["WEBSOCKET"], one) for path, one in consumers()]
    accounts = importlib.import_module("django.apps").apps.is_installed("django.contrib.admin")
    told = document(found)
    return {
        "routes": routes,
        "openapi": [told] if told else [],
        "superuser": accounts,
        "folders": served(),
        "hosts": [*map(str, importlib.import_module("django.conf").settings.ALLOWED_HOSTS)],
    }


def superuser(settings, username, email, password):
    """Make an account that may do everything."""
    os.environ["DJANGO_SETTINGS_MODULE"] = settings
    importlib.import_module("django").setup()
    from jettison.verify.inside import models

    models.migrate()
    model = importlib.import_module("django.contrib.auth").get_user_model()
    names = {model.USERNAME_FIELD: username, "email": email, "password": password}
    model.objects.create_superuser(**names)
    return {"made": username}


def answer():
    """Try the settings that were named."""
    failures = []
    for settings in settings_names():
        try:
            wanted = ASKED.get("superuser")
            return superuser(settings, *wanted) if wanted else site(settings)
        except BaseException as wrong:
            failures.append(f"{settings}: {type(wrong).__name__}: {wrong}"[:300])
    return {"routes": [], "openapi": [], "failures": failures}


sys.path.insert(0, os.getcwd())
for folder in ASKED.get("folders", ()):
    sys.path.insert(0, folder)
SAID.write(f"\n{MARKER}{answer()!a}\n")
SAID.flush()
os._exit(0)
