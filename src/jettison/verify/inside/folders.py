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
        if type(layer).__module__.startswith("aiohttp."):
            return list(aiohttp_folders(layer.router))
        return list(mounted_folders(layer.routes))
    except Exception:
        return []
