import pytest

from jettison.contents.links import Import, links_of, names_in


def test_imports_are_found_wherever_they_stand() -> None:
    links = links_of(
        b"import a.b, c as d\n"
        b"def f():\n    from .e import g, h\n"
        b"try:\n    import i\nexcept ImportError:\n    from . import j\n"
    )
    assert set(links.imports) == {
        Import(module="a.b"),
        Import(module="c"),
        Import(module="e", names=("g", "h"), level=1),
        Import(module="i", tried=True),
        Import(module="", names=("j",), level=1),
    }


@pytest.mark.parametrize(
    ("test", "runs"),
    [
        ("os.name == 'nt'", False),
        ("sys.platform == 'win32'", False),
        ("sys.platform.startswith('win')", False),
        ("sys.platform == 'linux'", True),
        ("sys.platform.startswith('lin')", True),
        ("os.name == system()", True),
        ("os.name != 'nt'", True),
    ],
)
def test_what_only_other_systems_import_is_not_found(test: str, runs: bool) -> None:
    links = links_of(f"if {test}:\n    import a\nelse:\n    import b\n".encode())
    assert {one.module for one in links.imports} == ({"a", "b"} if runs else {"b"})


@pytest.mark.parametrize(
    ("caught", "goes_on"),
    [
        ("except ImportError", True),
        ("except (ValueError, ModuleNotFoundError)", True),
        ("except", True),
        ("except OSError", False),
    ],
)
def test_a_module_that_another_one_goes_on_without_is_told(caught: str, goes_on: bool) -> None:
    links = links_of(f"try:\n    import a\n{caught}:\n    import b\n".encode())
    assert [one.module for one in links.imports if one.tried] == (["a"] if goes_on else [])


@pytest.mark.parametrize("test", ["TYPE_CHECKING", "typing.TYPE_CHECKING"])
def test_what_only_type_checkers_import_is_not_found(test: str) -> None:
    links = links_of(f"if {test}:\n    import a\nelse:\n    import b\n".encode())
    assert links.imports == (Import(module="b"),)


@pytest.mark.parametrize(
    ("call", "beginning"),
    [
        ("import_module('demo.%s' % name)", "demo"),
        ("import_module(f'demo.plugins.{name}')", "demo.plugins"),
        ("import_module('demo.plugins.' + name)", "demo.plugins"),
        ("__import__('demo.{}'.format(name))", "demo"),
        ("importlib.import_module('.' + name, __name__)", "."),
        ("importlib.import_module(f'.{name}', __package__)", "."),
        ("importlib.import_module(f'.{name}', 'demo.inner')", "demo.inner"),
        ("import_module(__name__ + '.x')", "."),
        ("resources.files(__package__)", "."),
    ],
)
def test_a_computed_name_may_tell_its_package(call: str, beginning: str) -> None:
    links = links_of(call.encode())
    assert (links.beginnings, links.computed) == ({beginning}, "")


@pytest.mark.parametrize(
    "call",
    [
        "import_module(name)",
        "__import__(f'{name}.x')",
        "pkgutil.walk_packages(__path__)",
        "importlib.resources.files(package)",
    ],
)
def test_a_call_of_which_nothing_is_known_is_told(call: str) -> None:
    assert links_of(call.encode()).computed == call


@pytest.mark.parametrize("call", ["import_module('demo.core')", "files(1)", "open(path)"])
def test_a_name_that_is_written_down_leaves_no_doubt(call: str) -> None:
    links = links_of(call.encode())
    assert (links.beginnings, links.computed) == (set(), "")


def test_texts_are_found_wherever_they_stand() -> None:
    links = links_of(b"x = {'demo.a': 'demo.b:make', 'plain': [\"c.d\"]}\n'not a name'\n")
    assert links.texts == {"demo.a", "demo.b", "plain", "c.d"}


def test_what_cannot_be_parsed_is_in_doubt_with_all_around_it() -> None:
    links = links_of(b"print 'demo.x'\n")
    assert links.computed
    assert links.texts == {"demo.x"}


def test_settings_name_modules_without_quotes() -> None:
    assert set(names_in(b"worker_class = demo.workers.Fast\n")) == {"demo.workers.Fast"}


def test_names_for_star_imports_are_no_names_of_modules() -> None:
    links = links_of(b"__all__ = ['a', 'b']\n__all__ += ['c']\nlazy = {'b': 1, 'd': 2}\n")
    assert links.exports == {"a", "b", "c"}
    assert links.texts == {"b", "d"}


def test_a_text_that_is_executed_imports() -> None:
    source = (
        b"run('from kit.settings import *', space)\nexec('import kit.late\\nfrom a import b, c')"
    )
    found = {(one.module, one.names) for one in links_of(source).imports}
    assert found == {("kit.settings", ("*",)), ("kit.late", ()), ("a", ("b", "c"))}
