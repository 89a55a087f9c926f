from __future__ import annotations

from jettison.index import DistributionFacts, ImportMap, Source


def _facts(name: str, *roots: str) -> DistributionFacts:
    return DistributionFacts(name=name, version="1", import_names=roots, source=Source.INDEX)


MODULES = ImportMap(
    [
        _facts("google-cloud-storage", "google.cloud.storage"),
        _facts("google-cloud-core", "google.cloud._http", "google.cloud.client"),
        _facts("protobuf", "google.protobuf"),
        _facts("psycopg2", "psycopg2"),
        _facts("psycopg2-binary", "psycopg2"),
        _facts("pillow", "PIL"),
    ]
)


def test_a_module_belongs_to_the_longest_root() -> None:
    assert MODULES.owners("google.cloud.storage.blob") == ("google-cloud-storage",)
    assert MODULES.owners("PIL.Image") == ("pillow",)
    assert MODULES.owners("PILLOW") == ()


def test_variants_share_a_module() -> None:
    assert MODULES.owners("psycopg2.extras") == ("psycopg2", "psycopg2-binary")


def test_a_bare_namespace_belongs_to_nobody() -> None:
    assert MODULES.owners("google.cloud") == ()
