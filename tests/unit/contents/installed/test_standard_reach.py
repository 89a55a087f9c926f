from __future__ import annotations

from msgspec.structs import replace

from jettison.contents import Installed, StandardLibrary, Trace
from jettison.contents.reach import Reach, reached
from jettison.contents.standard_reach import reached_standard, unreached_standard

SITE = "/opt/venv/lib/python3.11/site-packages"
LIBRARY = "/usr/local/lib/python3.11"


def observed(
    sources: dict[str, str],
    *,
    library: dict[str, str],
    application: str = "",
    touched: tuple[str, ...] = (),
    words: frozenset[str] = frozenset(),
) -> tuple[Installed, Trace, Reach]:
    files = dict.fromkeys(sources, 10)
    installed = Installed(
        site=SITE,
        library=LIBRARY,
        files={**files, **({"fast.abi3.so": 10} if words else {})},
        owners=dict.fromkeys(files, "demo"),
        entry_points=(),
        sources={path: text.encode() for path, text in sources.items()},
        words={"fast.abi3.so": words} if words else {},
        application={"/app/main.py": application.encode()},
        standard=StandardLibrary(
            files=dict.fromkeys(library, 20),
            sources={path: text.encode() for path, text in library.items() if path[-3:] == ".py"},
            words={
                path: frozenset(text.split()) for path, text in library.items() if ".so" in path
            },
        ),
    )
    trace = Trace(served=frozenset(touched))
    return installed, trace, reached(installed, trace)


def unreached(
    installed: Installed, trace: Trace, reach: Reach, kept: tuple[str, ...] = ()
) -> set[str]:
    found = reached_standard(installed, trace, reach, kept)
    assert found is not None
    return set(unreached_standard(installed, found))


def test_imports_are_followed_from_the_environment_and_the_application() -> None:
    found = observed(
        {"demo.py": "import xmlrpc.client\n", "idle.py": "import turtle\n"},
        library={
            "xmlrpc/__init__.py": "",
            "xmlrpc/client.py": "def f():\n    import base64\n",
            "xmlrpc/server.py": "",
            "base64.py": "",
            "wave.py": "",
            "turtle.py": "",
        },
        application="import demo, wave\n",
    )
    assert unreached(*found) == {"xmlrpc/server.py", "turtle.py"}


def test_all_stays_where_the_application_installs_pip() -> None:
    library = {"venv/__init__.py": "", "ensurepip/__init__.py": "", "wave.py": ""}
    making = "def make():\n    import venv\n    venv.create('/data/env', with_pip=True)\n"
    assert reached_standard(*observed({}, library=library, application=making)) is None
    assert unreached(*observed({}, library=library, application="'venv'\n")) >= {"wave.py"}


def test_a_module_for_a_terminal_stays_where_a_distribution_needs_it() -> None:
    library = {"readline.py": "", "code.py": "", "curses/__init__.py": ""}
    without = "try:\n    import readline, code\nexcept ImportError:\n    pass\nimport curses\n"
    assert unreached(
        *observed({"shell.py": without}, library=library, application="import shell")
    ) == {"readline.py"}
    own = observed({}, library=library, application=without)
    assert unreached(*own) == set()


def test_what_the_library_names_for_old_pickles_and_its_own_tests_leaves() -> None:
    library = {
        "pickle.py": "import _compat_pickle\ndef _test():\n    import doctest\n",
        "_compat_pickle.py": "NAMES = {'gdbm': 'dbm.gnu', 'SimpleXMLRPCServer': 'xmlrpc.server'}\n",
        "pydoc.py": "import pydoc_data.topics\n",
        "pydoc_data/__init__.py": "",
        "pydoc_data/topics.py": "TOPICS = {'shelve': 'uses \"dbm.ndbm\"'}\n",
        "doctest.py": "import unittest\n",
        "unittest/__init__.py": "if __name__ == '__main__':\n    pass\n",
        "unittest/__main__.py": "",
        "dbm/__init__.py": "",
        "dbm/gnu.py": "",
        "dbm/ndbm.py": "",
        "xmlrpc/__init__.py": "",
        "xmlrpc/server.py": "",
    }
    documents = {path for path in library if path.startswith("pydoc")}
    old = {"dbm/__init__.py", "dbm/gnu.py", "dbm/ndbm.py", "xmlrpc/__init__.py", "xmlrpc/server.py"}
    tests = {"doctest.py", "unittest/__init__.py", "unittest/__main__.py"}
    helped = observed({}, library=library, application="import pydoc\n")
    assert unreached(*helped) == old | tests
    own = observed({}, library=library, application="import doctest, dbm.gnu\n")
    gone = {*documents, "dbm/ndbm.py", "unittest/__main__.py"}
    assert unreached(*own) == gone | {"xmlrpc/__init__.py", "xmlrpc/server.py"}


def test_a_module_for_a_terminal_that_only_test_tools_load_leaves() -> None:
    installed, trace, reach = observed({}, library={"readline.py": "", "wave.py": ""})
    loaded = frozenset(f"{LIBRARY}/{name}" for name in ("readline.py", "wave.py"))
    assert unreached(installed, replace(trace, tested=loaded), reach) == {"readline.py"}
    assert unreached(installed, replace(trace, served=loaded), reach) == set()


def test_extensions_are_found_beside_modules_and_name_what_they_import() -> None:
    found = observed(
        {},
        library={
            "sqlite3.py": "import _sqlite3\n",
            "lib-dynload/_sqlite3.cpython-311-x86_64-linux-gnu.so": "iterdump",
            "lib-dynload/nis.cpython-311-x86_64-linux-gnu.so": "",
        },
        application="import sqlite3\n",
    )
    assert unreached(*found) == {"lib-dynload/nis.cpython-311-x86_64-linux-gnu.so"}


def test_what_was_loaded_stays() -> None:
    found = observed(
        {}, library={"wave.py": ""}, touched=(f"{LIBRARY}/__pycache__/wave.cpython-311.pyc",)
    )
    assert unreached(*found) == set()


def test_words_of_compiled_modules_lead_to_the_standard_library() -> None:
    found = observed(
        {},
        library={"asyncio/__init__.py": "", "colorsys.py": "", "wave.py": ""},
        application="import fast\n",
        words=frozenset({"colorsys"}),
    )
    assert unreached(*found) == {"wave.py"}


def test_a_line_of_the_settings_keeps_a_module() -> None:
    installed, trace, reach = observed({}, library={"wave.py": "", "turtle.py": ""})
    assert unreached(installed, trace, reach, ("wave",)) == {"turtle.py"}


def test_an_extension_that_was_loaded_stays() -> None:
    extension = "lib-dynload/_crypt.cpython-311-x86_64-linux-gnu.so"
    found = observed({}, library={extension: ""}, touched=(f"{LIBRARY}/{extension}",))
    assert unreached(*found) == set()


def test_what_only_builds_extensions_does_not_count_unless_it_ran() -> None:
    sources = {"cffi/__init__.py": "", "cffi/_shimmed_dist_utils.py": "import distutils.core\n"}
    library = {"distutils/__init__.py": "", "distutils/core.py": ""}
    application = "import cffi._shimmed_dist_utils\n"
    idle = observed(sources, library=library, application=application)
    assert unreached(*idle) == {"distutils/__init__.py", "distutils/core.py"}
    ran = observed(sources, library=library, touched=(f"{SITE}/cffi/_shimmed_dist_utils.py",))
    assert unreached(*ran) == set()


def test_a_module_in_python_leaves_where_the_one_in_c_is_there() -> None:
    library = {
        "decimal.py": "try:\n    import _decimal\nexcept ImportError:\n    import _pydecimal\n",
        "_pydecimal.py": "",
    }
    compiled = {**library, "lib-dynload/_decimal.cpython-311-x86_64-linux-gnu.so": ""}
    demo = {"demo.py": "import decimal\n"}
    touched = (f"{SITE}/demo.py",)
    assert unreached(*observed(demo, library=library, touched=touched)) == set()
    found = observed(demo, library=compiled, touched=touched)
    assert unreached(*found) == {"_pydecimal.py"}
    assert unreached(*found, kept=("_pydecimal",)) == set()


def test_a_module_in_python_stays_where_something_outside_the_library_imports_it() -> None:
    library = {
        "decimal.py": "try:\n    import _decimal\nexcept ImportError:\n    import _pydecimal\n",
        "_pydecimal.py": "",
        "lib-dynload/_decimal.cpython-311-x86_64-linux-gnu.so": "",
    }
    found = observed({"demo.py": "import _pydecimal\n"}, library=library, application="import demo")
    assert "_pydecimal.py" not in unreached(*found)


def test_help_for_typing_stays_only_for_who_asks_from_outside() -> None:
    library = {
        "cmd.py": "try:\n    import readline\nexcept ImportError:\n    pass\n",
        "lib-dynload/readline.cpython-311-x86_64-linux-gnu.so": "",
        "curses/__init__.py": "import curses.has_key\n",
        "curses/has_key.py": "",
    }
    touched = (f"{SITE}/demo.py",)
    typed = "lib-dynload/readline.cpython-311-x86_64-linux-gnu.so"
    found = observed({"demo.py": "import cmd\n"}, library=library, touched=touched)
    assert unreached(*found) == {typed, "curses/__init__.py", "curses/has_key.py"}
    assert typed not in unreached(*found, kept=("readline",))
    found = observed({"demo.py": "import readline, curses\n"}, library=library, touched=touched)
    assert unreached(*found) == {"cmd.py"}
    run = (*touched, f"{LIBRARY}/{typed}")
    found = observed({"demo.py": "import cmd\n"}, library=library, touched=run)
    assert typed not in unreached(*found)
