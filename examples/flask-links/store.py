"""The table of links."""

import os
from contextlib import suppress

from sqlalchemy import String, create_engine
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker


class Base(DeclarativeBase):
    """All tables."""


class Link(Base):
    """A short name and where it leads."""

    __tablename__ = "links"

    name: Mapped[str] = mapped_column(String(16), primary_key=True)
    target: Mapped[str] = mapped_column(String(2000))


class Store:
    """Links in PostgreSQL, or in SQLite."""

    def __init__(self):
        self._engine = create_engine(os.environ.get("DATABASE_URL", "sqlite:////tmp/links.sqlite3"))
        self.session = sessionmaker(self._engine)
        # Every worker of the server makes the table at the same moment; one is the first.
        with suppress(DBAPIError):
            Base.metadata.create_all(self._engine)

    def put(self, name, target):
        """Keep a link; a name stands for one target alone, so whoever is second may fail."""
        with suppress(IntegrityError), self.session.begin() as session:
            session.merge(Link(name=name, target=target))

    def find(self, name):
        with self.session() as session:
            link = session.get(Link, name)
            return link.target if link else None
