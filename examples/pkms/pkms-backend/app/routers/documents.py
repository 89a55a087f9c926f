"""Uploaded documents."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, File, Form, HTTPException, Query, Request, UploadFile, status
from fastapi.responses import FileResponse
from sqlalchemy import select

from app.config import Settings
from app.dependencies import (
    CurrentUser,
    MetricsDep,
    PageDep,
    Session,
    SettingsDep,
    owned_or_404,
)
from app.models import Document, Tag, new_id
from app.rate_limits import limiter, upload_limit
from app.schemas import DocumentOut, DocumentPatch, DocumentText
from app.services.extraction import extract
from app.services.search_index import index, unindex
from app.services.storage import StoredFile, store
from app.services.tagging import tags_by_name
from app.services.thumbnails import make_thumbnail

router = APIRouter(prefix="/documents", tags=["documents"])


def _out(document: Document) -> DocumentOut:
    fields = {
        name: getattr(document, name)
        for name in DocumentOut.model_fields
        if name != "has_thumbnail"
    }
    return DocumentOut(**fields, has_thumbnail=document.thumbnail is not None)


def _tag_names(tags: str) -> list[str]:
    return [name for part in tags.split(",") if (name := part.strip().lower()[:60])]


async def _thumbnail(stored: StoredFile, document_id: str, settings: Settings) -> str | None:
    name = f"{document_id}.jpg"
    made = await asyncio.to_thread(
        make_thumbnail,
        stored.path,
        stored.media_type,
        settings.thumbnails_dir / name,
        settings.thumbnail_pixels,
    )
    return name if made else None


@router.get("")
async def list_documents(
    user: CurrentUser,
    session: Session,
    page: PageDep,
    tag: Annotated[str | None, Query(max_length=60)] = None,
    media_type: Annotated[str | None, Query(max_length=120)] = None,
) -> list[DocumentOut]:
    query = select(Document).where(Document.user_id == user.id)
    if tag:
        query = query.where(Document.tags.any(Tag.name == tag.lower()))
    if media_type:
        query = query.where(Document.media_type == media_type)
    query = query.order_by(Document.created_at.desc(), Document.id)
    rows = await session.scalars(query.limit(page.limit).offset(page.offset))
    return [_out(document) for document in rows]


@router.post("/upload", status_code=status.HTTP_201_CREATED)
@limiter.limit(upload_limit)
async def upload(
    request: Request,
    user: CurrentUser,
    session: Session,
    settings: SettingsDep,
    metrics: MetricsDep,
    file: Annotated[UploadFile, File()],
    title: Annotated[str, Form(max_length=200)] = "",
    tags: Annotated[str, Form(max_length=1000)] = "",
) -> DocumentOut:
    """Store a file with its text and a thumbnail. ``tags`` are names, parted by commas."""
    stored = await store(file, user.id, settings)
    extracted = await asyncio.to_thread(extract, stored.path, stored.media_type)
    document_id = new_id()
    document = Document(
        id=document_id,
        user_id=user.id,
        title=title.strip() or stored.filename,
        filename=stored.filename,
        stored_as=stored.stored_as,
        media_type=stored.media_type,
        size=stored.size,
        sha256=stored.sha256,
        page_count=extracted.page_count,
        text=extracted.text,
        thumbnail=await _thumbnail(stored, document_id, settings),
        tags=await tags_by_name(session, user.id, _tag_names(tags)),
    )
    session.add(document)
    await index(session, document)
    await session.commit()
    metrics.uploads.inc(stored.size)
    return _out(document)


@router.get("/{document_id}")
async def get_document(document_id: str, user: CurrentUser, session: Session) -> DocumentOut:
    return _out(await owned_or_404(session, Document, document_id, user))


@router.get("/{document_id}/text")
async def get_text(document_id: str, user: CurrentUser, session: Session) -> DocumentText:
    document = await owned_or_404(session, Document, document_id, user)
    return DocumentText(id=document.id, text=document.text)


@router.get("/{document_id}/download", response_class=FileResponse)
async def download(
    document_id: str, user: CurrentUser, session: Session, settings: SettingsDep
) -> FileResponse:
    document = await owned_or_404(session, Document, document_id, user)
    path = settings.uploads_dir / document.stored_as
    if not path.is_file():
        raise HTTPException(status.HTTP_410_GONE, "The file is no longer on disk")
    return FileResponse(path, media_type=document.media_type, filename=document.filename)


@router.get("/{document_id}/thumbnail", response_class=FileResponse)
async def thumbnail(
    document_id: str, user: CurrentUser, session: Session, settings: SettingsDep
) -> FileResponse:
    document = await owned_or_404(session, Document, document_id, user)
    if document.thumbnail is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "This document has no thumbnail")
    return FileResponse(settings.thumbnails_dir / document.thumbnail, media_type="image/jpeg")


@router.patch("/{document_id}")
async def update_document(
    document_id: str, body: DocumentPatch, user: CurrentUser, session: Session
) -> DocumentOut:
    document = await owned_or_404(session, Document, document_id, user)
    if body.title is not None:
        document.title = body.title
    if body.tags is not None:
        document.tags = await tags_by_name(session, user.id, body.tags)
    await index(session, document)
    await session.commit()
    return _out(document)


@router.delete("/{document_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_document(
    document_id: str, user: CurrentUser, session: Session, settings: SettingsDep
) -> None:
    document = await owned_or_404(session, Document, document_id, user)
    await unindex(session, document)
    await session.delete(document)
    await session.commit()
    (settings.uploads_dir / document.stored_as).unlink(missing_ok=True)
    if document.thumbnail:
        (settings.thumbnails_dir / document.thumbnail).unlink(missing_ok=True)
