"""The table of links."""

import os

from sqlalchemy import String, create_engine
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
        Base.metadata.create_all(self._engine)

    def put(self, name, target):
        with self.session.begin() as session:
            session.merge(Link(name=name, target=target))

    def find(self, name):
        with self.session() as session:
            link = session.get(Link, name)
            return link.target if link else None
