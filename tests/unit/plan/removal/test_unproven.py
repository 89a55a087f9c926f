from environments import installed, touched

from jettison.contents.reach import Observed, reached
from jettison.plan.removal import BY_NAME
from jettison.plan.removal.listing import Unproven, unproven

SOURCES = {
    "app/__init__.py": "import app.load",
    "app/load.py": "import_module(f'app.plugins.{name}')",
    "app/plugins/__init__.py": "",
    "app/plugins/one.py": "x = 1",
    "app/plugins/two.py": "y = 1",
}
OTHERS = {
    "app/used.dat": 10,
    "app/data/a.dat": 50,
    "app/data/b.dat": 7,
    "app-1.dist-info/METADATA": 9,
}


def _found(*gone: str) -> tuple[Unproven, ...]:
    here = installed(SOURCES, others=OTHERS)
    trace = touched("app/__init__.py", "app/load.py", "app/used.dat", "app/plugins/one.py")
    reach = reached(here, trace)
    return unproven(Observed(installed=here, trace=trace, reach=reach), gone)


def test_modules_of_computed_names_and_untouched_data_are_told_apart() -> None:
    data, modules = _found()
    assert (data.paths, data.bytes, data.files, data.reason) == (("app/data/",), 57, 2, BY_NAME)
    assert modules.paths == ("app/plugins/two.py",)
    assert modules.reason == "app/load.py imports out of it by computed names"


def test_what_leaves_is_not_told() -> None:
    (modules,) = _found("app/data/a.dat", "app/data/b.dat")
    assert modules.paths == ("app/plugins/two.py",)
