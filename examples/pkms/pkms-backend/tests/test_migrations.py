"""The migrations and the models describe the same schema."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

import app.models  # noqa: F401
from alembic import command
from app.database import Base

BACKEND = Path(__file__).parent.parent


@pytest.fixture
def migrations(tmp_path: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(BACKEND / "alembic"))
    config.set_main_option("sqlalchemy.url", f"sqlite+aiosqlite:///{tmp_path}/migrated.db")
    return config


def test_upgrade_makes_what_the_models_say(migrations: Config, tmp_path: Path) -> None:
    command.upgrade(migrations, "head")
    engine = create_engine(f"sqlite:///{tmp_path}/migrated.db")
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"include_name": lambda name, kind, _: not str(name).startswith("search_index")},
        )
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_downgrade_leaves_nothing(migrations: Config, tmp_path: Path) -> None:
    command.upgrade(migrations, "head")
    command.downgrade(migrations, "base")
    engine = create_engine(f"sqlite:///{tmp_path}/migrated.db")
    with engine.connect() as connection:
        tables = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")
        assert tables.scalars().all() == ["alembic_version"]
    engine.dispose()
