"""Finds the folders that an application serves files of."""


def flask_folders(app):
    """Give the folders that an application and its blueprints serve files of."""
    for rule in app.url_map.iter_rules():
        blueprint, _, kind = rule.endpoint.rpartition(".")
        owner = app.blueprints.get(blueprint) if blueprint else app
        folder = getattr(owner, "static_folder", None)
        if kind == "static" and folder:
            yield rule.rule.partition("<")[0], folder


def mounted_folders(routes, prefix=""):
    """Give the folders that are mounted among Starlette's routes."""
    for route in routes:
        path = prefix + getattr(route, "path", "")
        yield from mounted_folders(getattr(route, "routes", None) or (), path)
        for folder in getattr(getattr(route, "app", None), "all_directories", ()):
            yield f"{path}/", str(folder)


def litestar_folders(routes):
    """Give the folders that handlers of Litestar hold files of, once each."""
    for route in routes:
        single = getattr(route, "route_handler", None)
        found = {}
        for handler in getattr(route, "route_handlers", None) or [single]:
            function = getattr(handler, "fn", None)
            function = getattr(function, "value", function)
            cells = [cell.cell_contents for cell in getattr(function, "__closure__", None) or ()]
            for one in [function, *cells]:
                found.update((str(path), None) for path in getattr(one, "directories", ()))
        for path in found:
            yield route.path_format.partition("{")[0], path


def aiohttp_folders(router):
    """Give the folders of aiohttp's static resources, also of applications within another."""
    for resource in router.resources():
        told = resource.get_info()
        if "app" in told:
            yield from aiohttp_folders(told["app"].router)
        elif "directory" in told:
            yield f"{told['prefix']}/", str(told["directory"])


def served(layer):
    """Give the folders that files are served of, each after its address; none if it cannot say."""
    try:
        if hasattr(layer, "url_map"):
            return list(flask_folders(layer))
        kind = type(layer).__module__
        if kind.startswith("aiohttp."):
            return list(aiohttp_folders(layer.router))
        if kind.startswith("litestar."):
            return list(litestar_folders(layer.routes))
        return list(mounted_folders(layer.routes))
    except Exception:
        return []
