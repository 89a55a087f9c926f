"""initial schema

Revision ID: 0001
Revises:
Create Date: 2024-12-14 21:40:00
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _id() -> sa.Column:
    return sa.Column("id", sa.String(32), primary_key=True)


def _owner() -> sa.Column:
    return sa.Column(
        "user_id",
        sa.String(32),
        sa.ForeignKey("users.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    )


def _times() -> tuple[sa.Column, sa.Column]:
    return (
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    )


def _text(name: str, length: int | None = None, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.String(length) if length else sa.Text(), nullable=nullable)


def _tag_link(table: str, column: str, target: str) -> None:
    def link(name: str, to: str) -> sa.Column:
        return sa.Column(
            name, sa.String(32), sa.ForeignKey(to, ondelete="CASCADE"), primary_key=True
        )

    op.create_table(table, link(column, target), link("tag_id", "tags.id"))


def upgrade() -> None:
    op.create_table(
        "users",
        _id(),
        sa.Column("username", sa.String(50), nullable=False, unique=True, index=True),
        sa.Column("email", sa.String(255), nullable=False, unique=True),
        _text("password_hash", 255),
        sa.Column("is_admin", sa.Boolean(), nullable=False),
        sa.Column("last_login_at", sa.DateTime(timezone=True)),
        *_times(),
    )
    op.create_table(
        "tags",
        _id(),
        _owner(),
        _text("name", 60),
        _text("color", 7),
        *_times(),
        sa.UniqueConstraint("user_id", "name"),
    )
    op.create_table(
        "notes",
        _id(),
        _owner(),
        _text("title", 200),
        _text("content"),
        sa.Column("is_pinned", sa.Boolean(), nullable=False),
        sa.Column("is_archived", sa.Boolean(), nullable=False),
        *_times(),
    )
    op.create_table(
        "todos",
        _id(),
        _owner(),
        _text("title", 200),
        _text("description"),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date()),
        sa.Column("completed_at", sa.DateTime(timezone=True)),
        *_times(),
    )
    op.create_table(
        "diary_entries",
        _id(),
        _owner(),
        sa.Column("day", sa.Date(), nullable=False, index=True),
        _text("title", 200),
        _text("content"),
        sa.Column("mood", sa.Integer()),
        *_times(),
        sa.UniqueConstraint("user_id", "day"),
    )
    op.create_table(
        "documents",
        _id(),
        _owner(),
        _text("title", 200),
        _text("filename", 255),
        _text("stored_as", 300),
        _text("media_type", 120),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False, index=True),
        sa.Column("page_count", sa.Integer()),
        _text("text"),
        _text("thumbnail", 300, nullable=True),
        *_times(),
    )
    _tag_link("note_tags", "note_id", "notes.id")
    _tag_link("todo_tags", "todo_id", "todos.id")
    _tag_link("document_tags", "document_id", "documents.id")
    op.execute(
        "CREATE VIRTUAL TABLE search_index USING fts5("
        "title, body, user_id UNINDEXED, kind UNINDEXED, item_id UNINDEXED, "
        "tokenize = 'porter unicode61')"
    )


def downgrade() -> None:
    op.execute("DROP TABLE search_index")
    for table in (
        "document_tags",
        "todo_tags",
        "note_tags",
        "documents",
        "diary_entries",
        "todos",
        "notes",
        "tags",
        "users",
    ):
        op.drop_table(table)
