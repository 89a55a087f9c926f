from environments import installed, touched
from hypothesis import given
from hypothesis import strategies as st

from jettison.contents import Installed
from jettison.contents.reach import reached

DEMO = {
    "demo/__init__.py": "",
    "demo/core.py": "from . import used\n",
    "demo/used.py": "def later():\n    from demo.lazy import x\n",
    "demo/lazy.py": "",
    "demo/idle.py": "import demo.only_idle\n",
    "demo/only_idle.py": "",
}


def kept(environment: Installed, *paths: str) -> set[str]:
    return set(reached(environment, touched(*paths)).modules)


def test_everything_that_a_touched_module_may_import_stays_and_nothing_else() -> None:
    assert kept(installed(DEMO), "demo/core.py") == {"demo", "demo.core", "demo.used", "demo.lazy"}


def test_byte_code_and_extensions_are_touched_modules_too() -> None:
    fast = "demo/fast.cpython-313-x86_64-linux-gnu.so"
    environment = installed(DEMO, words={fast: ()})
    found = kept(environment, "demo/__pycache__/lazy.cpython-313.pyc", fast)
    assert found == {"demo", "demo.lazy", "demo.fast"}


def test_the_application_reaches_what_it_imports_or_names() -> None:
    environment = installed(
        {**DEMO, "other/__init__.py": "", "other/a.py": "", "third/__init__.py": ""},
        application={"main.py": "import third\n", "settings.toml": "x = 'demo.lazy'\n"},
    )
    assert kept(environment) == {"demo", "demo.lazy", "third"}


def test_a_package_that_the_application_names_stays_whole() -> None:
    environment = installed(
        {"plugin/__init__.py": "", "plugin/inner/__init__.py": "", "plugin/inner/models.py": ""},
        application={"settings.py": "APPS = ['plugin.inner']\n"},
    )
    assert kept(environment) == {"plugin", "plugin.inner", "plugin.inner.models"}


def test_a_namespace_that_is_imported_itself_stays_whole() -> None:
    environment = installed(
        {
            "demo/__init__.py": "import demo_plugins\nfrom demo_parts import used\n",
            "demo_plugins/one.py": "",
            "demo_parts/used.py": "",
            "demo_parts/idle.py": "",
        }
    )
    assert kept(environment, "demo/__init__.py") == {"demo", "demo_plugins.one", "demo_parts.used"}


def test_a_package_that_is_imported_from_by_computed_names_stays_and_is_told() -> None:
    environment = installed(
        {
            "demo/__init__.py": "",
            "demo/load.py": "import_module(f'demo.plugins.{name}')\n",
            "demo/plugins/__init__.py": "",
            "demo/plugins/one.py": "",
            "demo/other.py": "",
        }
    )
    found = reached(environment, touched("demo/load.py"))
    assert set(found.modules) == {"demo", "demo.load", "demo.plugins", "demo.plugins.one"}
    assert found.unsure == {"demo.plugins", "demo.plugins.one"}


def test_without_any_part_of_the_name_the_own_package_stays() -> None:
    environment = installed(
        {
            "demo/__init__.py": "",
            "demo/inner/__init__.py": "",
            "demo/inner/load.py": "import_module(name)\n",
            "demo/inner/any.py": "",
            "demo/outer.py": "",
        }
    )
    assert kept(environment, "demo/inner/load.py") == {
        "demo",
        "demo.inner",
        "demo.inner.load",
        "demo.inner.any",
    }


def test_modules_that_a_stub_names_stay() -> None:
    lazy = "__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)\n"
    environment = installed({"demo/__init__.py": lazy, "demo/later.py": "", "other.py": ""})
    assert kept(environment, "demo/__init__.py") == {"demo", "demo.later"}


def test_a_table_of_lazy_modules_is_followed() -> None:
    environment = installed(
        {
            "demo/__init__.py": "TABLE = {'one': ['One'], 'gone': []}\n",
            "demo/one.py": "",
            "demo/two.py": "",
        }
    )
    assert kept(environment, "demo/__init__.py") == {"demo", "demo.one"}


def test_what_a_package_exports_is_loaded_by_a_star_import_alone() -> None:
    sources = {
        "demo/__init__.py": "__all__ = ['one', 'two']\n",
        "demo/one.py": "",
        "demo/two.py": "",
        "named.py": "from demo import one\n",
        "star.py": "from demo import *\n",
    }
    assert kept(installed(sources), "named.py") == {"named", "demo", "demo.one"}
    assert kept(installed(sources), "star.py") == {"star", "demo", "demo.one", "demo.two"}


def test_compiled_code_reaches_the_modules_whose_names_it_holds() -> None:
    fast = "demo/inner/fast.cpython-313-x86_64-linux-gnu.so"
    environment = installed(
        {**DEMO, "other/__init__.py": "", "other/a.py": ""}, words={fast: ("idle", "other.a")}
    )
    found = kept(environment, fast)
    assert found == {"demo.inner.fast", "demo", "demo.idle", "demo.only_idle", "other", "other.a"}


def test_libraries_without_a_tag_count_as_loaded() -> None:
    environment = installed(DEMO, words={"demo/libdemo.so": ("lazy",)})
    assert kept(environment) == {"demo", "demo.lazy"}


def test_entry_points_count_where_their_group_is_asked_for() -> None:
    environment = installed(
        {"asks.py": "entry_points(group='demo.plugins')\n", **DEMO},
        points=[("demo.plugins", "demo.lazy:x"), ("pytest11", "demo.idle")],
    )
    assert kept(environment) == set()
    assert kept(environment, "asks.py") == {"asks", "demo", "demo.lazy"}


def test_programs_stay_with_what_they_need() -> None:
    environment = installed(DEMO, points=[("console_scripts", "demo.idle:main")])
    assert kept(environment) == {"demo", "demo.idle", "demo.only_idle"}


def test_programs_that_installers_start_are_not_called() -> None:
    calls = "subprocess.run(['fc-list'])\n"
    environment = installed({"pip/__init__.py": calls, "demo/__init__.py": "import pip\n"})
    assert reached(environment, touched("demo/__init__.py")).programs == {}
    environment = installed({"demo/__init__.py": calls})
    assert set(reached(environment, touched("demo/__init__.py")).programs) == {"fc-list"}


def test_a_line_of_the_settings_keeps_a_module_with_what_it_imports() -> None:
    found = reached(installed(DEMO), touched(), ["demo/idle.py", "demo/data.json"])
    assert set(found.modules) == {"demo", "demo.idle", "demo.only_idle"}


NAMES = st.sampled_from(["a", "b", "c", "d.e", "d.f"])


@given(st.dictionaries(NAMES, st.lists(NAMES, max_size=3), min_size=1), st.sets(NAMES))
def test_no_module_that_stays_imports_one_that_does_not(
    imports: dict[str, list[str]], first: set[str]
) -> None:
    sources = {
        f"{name.replace('.', '/')}.py": "".join(f"import {other}\n" for other in others)
        for name, others in imports.items()
    }
    environment = installed(sources)
    found = kept(environment, *(f"{name.replace('.', '/')}.py" for name in first))
    assert first & imports.keys() <= found
    for name in found:
        assert {other for other in imports[name] if other in imports} <= found


def test_names_that_are_known_to_come_from_a_table_reach_no_more_than_the_table() -> None:
    environment = installed(
        {
            "PIL/__init__.py": "_plugins = ['PngImagePlugin']\n",
            "PIL/Image.py": "def init():\n    __import__(f'{__package__}.{plugin}')\n",
            "PIL/PngImagePlugin.py": "",
            "PIL/ImageQt.py": "",
        }
    )
    assert kept(environment, "PIL/Image.py") == {"PIL", "PIL.Image", "PIL.PngImagePlugin"}


def test_a_part_that_lacks_its_driver_is_not_reached_by_a_computed_name() -> None:
    sources = {
        "sqlalchemy/__init__.py": "",
        "sqlalchemy/dialects/__init__.py": "__import__(f'sqlalchemy.dialects.{name}')\n",
        "sqlalchemy/dialects/mysql/__init__.py": "",
        "sqlalchemy/dialects/sqlite/__init__.py": "",
    }
    trace = "sqlalchemy/dialects/__init__.py"
    mysql, sqlite = "sqlalchemy.dialects.mysql", "sqlalchemy.dialects.sqlite"
    assert mysql not in kept(installed(sources), trace)
    assert sqlite in kept(installed(sources), trace)
    assert mysql in kept(installed({**sources, "pymysql/__init__.py": ""}), trace)
    named = installed(sources, application={"settings.ini": "url = mysql://db\n"})
    assert mysql in kept(named, trace)


def test_a_backend_of_django_stays_with_its_driver_or_its_name() -> None:
    sources = {
        "django/db/__init__.py": "",
        "django/db/utils.py": "def load(name):\n    import_module('%s.base' % name)\n",
        "django/db/backends/__init__.py": "",
        "django/db/backends/mysql/base.py": "",
        "django/db/backends/sqlite3/base.py": "",
    }
    trace = "django/db/utils.py"
    mysql, sqlite = "django.db.backends.mysql.base", "django.db.backends.sqlite3.base"
    assert mysql not in kept(installed(sources), trace)
    assert sqlite in kept(installed(sources), trace)
    assert mysql in kept(installed({**sources, "pymysql/__init__.py": ""}), trace)
    engine = {"settings.py": 'DATABASES = {"default": {"ENGINE": "django.db.backends.mysql"}}\n'}
    assert mysql in kept(installed(sources, application=engine), trace)


def test_a_compiled_module_asks_a_package_for_attributes_by_bare_words() -> None:
    sources = {
        "numpy/__init__.py": "def __getattr__(name):\n    import numpy.random as random\n",
        "numpy/random/__init__.py": "",
    }
    here = {"fast.abi3.so": ["numpy", "random"], "numpy/own.abi3.so": ["numpy", "random"]}
    asking = installed(sources, words={"fast.abi3.so": here["fast.abi3.so"]})
    assert "numpy.random" in kept(asking, "numpy/__init__.py", "fast.abi3.so")
    own = installed(sources, words={"numpy/own.abi3.so": here["numpy/own.abi3.so"]})
    assert "numpy.random" not in kept(own, "numpy/__init__.py", "numpy/own.abi3.so")


def test_what_is_named_again_and_again_is_followed_once() -> None:
    """Each of these took time that grew with its square."""
    computed = "import importlib\nimportlib.import_module('d.' + x)\n"
    environment = installed(
        {"d/__init__.py": "", **{f"d/x{i}.py": computed for i in range(1000)}},
        application={"main.py": "import d.x1", "names.txt": ".".join(["d"] * 100_000)},
    )
    assert len(kept(environment)) == 1001


def test_modules_may_lie_as_deep_as_a_path_is_long() -> None:
    deep = "a/" * 1900
    files = {f"{deep}x{i}.py": "" for i in range(20)}
    environment = installed(files, application={"main.py": "NAME = 'a'"})
    assert len(kept(environment)) == 20
