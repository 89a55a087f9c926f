"""Uploaded files on disk."""

import hashlib
from dataclasses import dataclass
from pathlib import Path, PurePath
from uuid import uuid4

import aiofiles
from fastapi import HTTPException, UploadFile, status

from app.config import Settings
from app.services.file_types import HEAD_BYTES, media_type

CHUNK_BYTES = 256 * 1024


@dataclass(frozen=True)
class StoredFile:
    path: Path
    stored_as: str
    filename: str
    media_type: str
    size: int
    sha256: str


def safe_filename(name: str | None) -> str:
    """The last part of a client's file name, without what a file system would trip over."""
    last = PurePath((name or "").replace("\\", "/")).name
    cleaned = "".join(c for c in last if c.isprintable() and c not in '<>:"|?*').strip(" .")
    return cleaned[-200:] or "unnamed"


async def _copy(upload: UploadFile, path: Path, limit: int) -> tuple[int, str, bytes]:
    size, digest, head = 0, hashlib.sha256(), b""
    async with aiofiles.open(path, "wb") as target:
        while chunk := await upload.read(CHUNK_BYTES):
            size += len(chunk)
            if size > limit:
                raise HTTPException(
                    status.HTTP_413_REQUEST_ENTITY_TOO_LARGE,
                    f"Files may have at most {limit} bytes",
                )
            digest.update(chunk)
            head = head or chunk[:HEAD_BYTES]
            await target.write(chunk)
    return size, digest.hexdigest(), head


async def store(upload: UploadFile, user_id: str, settings: Settings) -> StoredFile:
    """Write an upload below the user's folder; nothing stays of one that is refused."""
    filename = safe_filename(upload.filename)
    stored_as = f"{user_id}/{uuid4().hex}{Path(filename).suffix.lower()}"
    path = settings.uploads_dir / stored_as
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        size, sha256, head = await _copy(upload, path, settings.max_upload_bytes)
        if size == 0:
            raise HTTPException(status.HTTP_400_BAD_REQUEST, "The file is empty")
    except HTTPException:
        path.unlink(missing_ok=True)
        raise
    return StoredFile(path, stored_as, filename, media_type(head, filename), size, sha256)
