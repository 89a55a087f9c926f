"""The programs that a project installs, and the modules that they start."""

from __future__ import annotations

from jettison.lift.scopes.decide import console_scripts

SETUP = """
from setuptools import setup
setup(
    name="shop",
    entry_points={"console_scripts": ["shop = shop.main:run", "stock=shop.stock"], "x": ["y = z"]},
)
"""
CFG = """
[options.entry_points]
console_scripts =
    shop-server = shop.server:main
other =
    x = y:z
"""


def test_programs_of_every_kind_of_declaration_are_read() -> None:
    files = {
        "setup.py": SETUP,
        "setup.cfg": CFG,
        "pyproject.toml": '[project.scripts]\nshop-cli = "shop.cli:main"\n',
    }
    assert console_scripts(files.get) == {
        "shop": "shop.main",
        "stock": "shop.stock",
        "shop-server": "shop.server",
        "shop-cli": "shop.cli",
    }
    assert console_scripts({"setup.py": "setup(", "pyproject.toml": "["}.get) == {}
