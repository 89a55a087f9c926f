from msgspec.structs import replace

from jettison.builder.shortened_base import LibraryUse, reached_library

EXTENSION = "cpython-313-x86_64-linux-gnu.so"
LIBRARY = {
    "os.py": "import posixpath\n",
    "posixpath.py": "",
    "json/__init__.py": "from .decoder import x\nfrom . import scanner\n",
    "json/decoder.py": "import _json\n",
    "json/scanner.py": "",
    "json/tool.py": "import argparse\n",
    "argparse.py": "def later():\n    import shutil\n",
    "shutil.py": "",
    "mailbox.py": "",
    "pdb.py": "import readline\n",
    "site.py": "import readline\nimport os\n",
    f"lib-dynload/_json.{EXTENSION}": "\0decimal\0",
    f"lib-dynload/_dbm.{EXTENSION}": "",
    f"lib-dynload/readline.{EXTENSION}": "",
    "decimal.py": "",
}


def kept(
    *,
    modules: dict[str, str] | None = None,
    application: dict[str, str] | None = None,
    texts: tuple[str, ...] = (),
    loaded: tuple[str, ...] = (),
    lines: tuple[str, ...] = (),
) -> set[str]:
    """Give what stays beside what the interpreter needs."""

    def encoded(found: dict[str, str] | None) -> dict[str, bytes]:
        return {path: text.encode() for path, text in (found or {}).items()}

    use = LibraryUse(
        library=encoded(LIBRARY),
        modules=encoded(modules),
        application=encoded(application),
        texts=texts,
        loaded=frozenset(loaded),
        kept=lines,
    )
    return {path.split(".")[0] for path in reached_library(use)} - {"os", "posixpath", "site"}


def test_what_the_interpreter_needs_stays_and_what_is_for_a_terminal_does_not() -> None:
    use = LibraryUse(
        library={path: text.encode() for path, text in LIBRARY.items()},
        modules={}, application={}, texts=(), loaded=frozenset(),
    )  # fmt: skip
    assert reached_library(use) == {"os.py", "posixpath.py", "site.py"}


def test_what_was_loaded_stays_with_all_that_it_may_import() -> None:
    assert kept(loaded=("argparse.py",)) == {"argparse", "shutil"}


def test_distributions_and_the_application_are_followed_into_compiled_code() -> None:
    json = {"json/__init__", "json/decoder", "json/scanner", "lib-dynload/_json", "decimal"}
    assert kept(modules={"demo/core.py": "def f():\n    import json\n"}) == json
    assert kept(application={"main.py": "from json import loads\n"}) == json


def test_commands_of_the_project_name_modules() -> None:
    assert {"json/tool", "argparse"} <= kept(texts=("RUN python -m json.tool x.json\n",))
    assert kept(texts=('CMD ["python", "-c", "import mailbox"]\n',)) == {"mailbox"}


def test_what_is_for_a_terminal_stays_with_its_imports_when_something_asks_for_it() -> None:
    assert kept(modules={"demo.py": "import pdb\n"}) == {"pdb", "lib-dynload/readline"}
    assert kept(application={"main.py": "# the pdb of old\n"}) == set()


def test_a_module_that_stands_in_for_one_in_c_leaves_beside_it() -> None:
    library = {
        "decimal.py": "try:\n    import _decimal\nexcept ImportError:\n    import _pydecimal\n"
    }
    library["_pydecimal.py"] = ""
    use = LibraryUse(
        library={path: text.encode() for path, text in library.items()},
        modules={"demo.py": b"import decimal\n"}, application={}, texts=(), loaded=frozenset(),
    )  # fmt: skip
    assert reached_library(use) == set(library)
    compiled = {**use.library, f"lib-dynload/_decimal.{EXTENSION}": b""}
    assert "_pydecimal.py" not in reached_library(replace(use, library=compiled))
    asked = replace(use, library=compiled, modules={"demo.py": b"import decimal, _pydecimal\n"})
    assert "_pydecimal.py" in reached_library(asked)


def test_a_scheme_of_places_does_not_keep_what_makes_environments() -> None:
    library = {
        "sysconfig.py": "import importlib\nimportlib.import_module(name)\nschemes = ['venv']\n",
        "venv/__init__.py": "",
    }
    use = LibraryUse(
        library={path: text.encode() for path, text in library.items()},
        modules={"demo.py": b"import sysconfig\n"}, application={},
        texts=("COPY --from=build /opt/venv /opt/venv\n",), loaded=frozenset(),
    )  # fmt: skip
    assert reached_library(use) == {"sysconfig.py"}


def test_a_line_of_the_settings_keeps_a_module_and_a_whole_package() -> None:
    assert kept(lines=("mailbox",)) == {"mailbox"}
    assert {"json/tool", "argparse"} <= kept(lines=("json",))
    assert "pdb" in kept(lines=("pdb",))
