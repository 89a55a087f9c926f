from __future__ import annotations

import pytest

from jettison.index import InstalledFile, import_names


def _names(name: str, *paths: str, namespaces: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Import names of files; ``path=bytes`` states a size, which is 1000 otherwise."""
    files = []
    for path in paths:
        file, _, size = path.partition("=")
        files.append(InstalledFile(path=file, size=int(size or 1000)))
    return import_names(files, name=name, namespaces=namespaces)


@pytest.mark.parametrize(
    ("name", "paths", "expected"),
    [
        ("pillow", ["PIL/__init__.py", "PIL/Image.py"], ("PIL",)),
        ("six", ["six.py"], ("six",)),
        (
            "cffi",
            ["cffi/__init__.py", "_cffi_backend.cpython-312-x86_64-linux-gnu.so"],
            ("_cffi_backend", "cffi"),
        ),
        ("bcrypt", ["bcrypt/__init__.py", "bcrypt/_bcrypt.abi3.so"], ("bcrypt",)),
        ("ruamel-yaml", ["ruamel/yaml/__init__.py", "ruamel/yaml/main.py"], ("ruamel.yaml",)),
        (
            "google-cloud-storage",
            ["google/cloud/storage/__init__.py", "google/cloud/storage/blob.py"],
            ("google.cloud.storage",),
        ),
        (
            "azure-storage-blob",
            [
                "azure/__init__.py=81",
                "azure/storage/__init__.py=81",
                "azure/storage/blob/__init__.py",
                "azure/storage/blob/_client.py",
            ],
            ("azure.storage.blob",),
        ),
        ("types-requests", ["requests-stubs/__init__.pyi"], ()),
        ("x", ["x/__init__.py", "tests/__init__.py", "docs/conf.py"], ("x",)),
        ("tests", ["tests/__init__.py"], ("tests",)),
        ("protos", ["google/api/http_pb2.py", "google/type/date_pb2.py"],
         ("google.api", "google.type")),
        ("x", ["x-1.0.dist-info/RECORD", "x.libs/libfoo.so.1", "x/py.typed"], ()),
    ],
)  # fmt: skip
def test_roots_are_what_a_program_imports(name: str, paths: list[str], expected: tuple[str, ...]):
    assert _names(name, *paths) == expected


def test_a_declared_namespace_is_not_a_root() -> None:
    paths = ("zope/__init__.py=9000", "zope/interface/__init__.py", "zope/interface/x.py")
    assert _names("zope.interface", *paths) == ("zope",)
    assert _names("zope.interface", *paths, namespaces=("zope",)) == ("zope.interface",)


def test_a_package_with_a_small_init_is_still_a_package() -> None:
    paths = ("django/__init__.py=20", "django/db/__init__.py", "django/urls/__init__.py")
    assert _names("django", *paths) == ("django",)
