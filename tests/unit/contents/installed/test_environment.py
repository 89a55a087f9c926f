import pytest
from environments import modules

from jettison.contents import module_name


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("six.py", "six"),
        ("demo/__init__.py", "demo"),
        ("demo/inner/core.py", "demo.inner.core"),
        ("demo/_fast.cpython-313-x86_64-linux-gnu.so", "demo._fast"),
        ("demo/_rust.abi3.so", "demo._rust"),
        # loaded by their paths, not by an import
        ("demo/libdemo.so", ""),
        ("demo.libs/libz-1234.cpython-313-x86_64-linux-gnu.so", ""),
        ("demo/data.json", ""),
        ("demo/not-a-module.py", ""),
    ],
)
def test_the_name_of_a_file(path: str, name: str) -> None:
    assert module_name(path) == name


def test_an_extension_stands_for_a_source_of_the_same_name() -> None:
    found = modules("demo/core.py", "demo/core.cpython-313-x86_64-linux-gnu.so")
    assert found.files["demo.core"].endswith(".so")


def test_namespaces_are_packages_too() -> None:
    found = modules("space/one/core.py", "space/two.py")
    assert found.below("space") == {"space.one.core", "space.two"}
    assert found.known("space.one.core.Name") == "space.one.core"
    assert found.known("other.x") == ""


def test_relative_imports_start_from_the_package() -> None:
    found = modules("demo/__init__.py", "demo/core.py")
    assert found.package_of("demo") == found.package_of("demo.core") == "demo"
