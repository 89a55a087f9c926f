"""What goes over the wire."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, EmailStr, Field, StringConstraints, field_validator

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
TagName = Annotated[
    str, StringConstraints(strip_whitespace=True, to_lower=True, min_length=1, max_length=60)
]
Color = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]
Password = Annotated[str, StringConstraints(min_length=8, max_length=72)]
Mood = Annotated[int, Field(ge=1, le=5)]
Priority = Annotated[int, Field(ge=1, le=3)]


class FromRow(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class Registration(BaseModel):
    username: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{3,50}$")]
    email: EmailStr
    password: Password


class PasswordChange(BaseModel):
    current_password: str
    new_password: Password


class Token(BaseModel):
    access_token: str
    token_type: Literal["bearer"] = "bearer"
    expires_in: int


class UserOut(FromRow):
    id: str
    username: str
    email: EmailStr
    is_admin: bool
    created_at: datetime


class TagIn(BaseModel):
    name: TagName
    color: Color = "#64748b"


class TagPatch(BaseModel):
    name: TagName | None = None
    color: Color | None = None


class TagOut(FromRow):
    id: str
    name: str
    color: str


class TagWithCounts(TagOut):
    notes: int
    todos: int
    documents: int


class _WithTagNames(FromRow):
    tags: list[str]

    @field_validator("tags", mode="before")
    @classmethod
    def names(cls, value: object) -> object:
        if isinstance(value, list):
            return [getattr(tag, "name", tag) for tag in value]
        return value


class NoteIn(BaseModel):
    title: Title
    content: str = Field(default="", max_length=200_000)
    is_pinned: bool = False
    tags: list[TagName] = []


class NotePatch(BaseModel):
    title: Title | None = None
    content: str | None = Field(default=None, max_length=200_000)
    is_pinned: bool | None = None
    is_archived: bool | None = None
    tags: list[TagName] | None = None


class NoteOut(_WithTagNames):
    id: str
    title: str
    content: str
    is_pinned: bool
    is_archived: bool
    created_at: datetime
    updated_at: datetime


class TodoIn(BaseModel):
    title: Title
    description: str = Field(default="", max_length=20_000)
    priority: Priority = 2
    due_on: date | None = None
    tags: list[TagName] = []


class TodoPatch(BaseModel):
    title: Title | None = None
    description: str | None = Field(default=None, max_length=20_000)
    priority: Priority | None = None
    due_on: date | None = None
    completed: bool | None = None
    tags: list[TagName] | None = None


class TodoOut(_WithTagNames):
    id: str
    title: str
    description: str
    priority: int
    due_on: date | None
    completed_at: datetime | None
    created_at: datetime


class TodoStats(BaseModel):
    open: int
    completed: int
    overdue: int


class DiaryIn(BaseModel):
    title: Annotated[str, StringConstraints(max_length=200)] = ""
    content: str = Field(default="", max_length=200_000)
    mood: Mood | None = None


class DiaryOut(FromRow):
    id: str
    day: date
    title: str
    content: str
    mood: int | None
    updated_at: datetime


class MoodStats(BaseModel):
    entries: int
    average_mood: float | None


class DocumentPatch(BaseModel):
    title: Title | None = None
    tags: list[TagName] | None = None


class DocumentOut(_WithTagNames):
    id: str
    title: str
    filename: str
    media_type: str
    size: int
    sha256: str
    page_count: int | None
    has_thumbnail: bool
    created_at: datetime


class DocumentText(BaseModel):
    id: str
    text: str


Kind = Literal["note", "todo", "diary", "document"]


class SearchHit(BaseModel):
    kind: Kind
    id: str
    title: str
    snippet: str
    score: float


class SearchResults(BaseModel):
    query: str
    total: int
    hits: list[SearchHit]


BackupMethod = Literal["checkpoint", "all_files", "vacuum"]


class BackupFile(BaseModel):
    path: str
    size: int


class BackupOut(BaseModel):
    name: str
    method: BackupMethod
    created_at: datetime
    size: int
    files: list[BackupFile]


class Dashboard(BaseModel):
    notes: int
    open_todos: int
    diary_entries: int
    documents: int
    storage_bytes: int
    wrote_today: bool


class Health(BaseModel):
    status: Literal["ok", "unavailable"]
    version: str
    database: bool
    time: datetime
