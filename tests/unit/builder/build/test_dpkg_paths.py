from __future__ import annotations

from jettison.builder.added_packages import path_filter

SLIM = path_filter(
    ["path-exclude=/usr/share/doc/*", "path-include=/usr/share/doc/*/copyright", "# a comment"]
)


def test_excluded_paths_are_not_wanted() -> None:
    assert not SLIM("usr/share/doc/x/README", folder=False)
    assert SLIM("usr/share/doc/x/copyright", folder=False)
    assert SLIM("usr/lib/x.so", folder=False)


def test_folders_stay_for_what_may_be_in_them() -> None:
    assert SLIM("usr/share/doc/x", folder=True)


def test_without_settings_everything_is_wanted() -> None:
    assert path_filter([])("usr/share/doc/x/README", folder=False)
