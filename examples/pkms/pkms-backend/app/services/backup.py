"""Backups, in three ways.

``checkpoint``  the write-ahead log is folded into the database file, and that file is copied
``all_files``   database, its log and every upload, copied by the program ``cp``
``vacuum``      SQLite writes a compact copy of the database (``VACUUM INTO``)
"""

import asyncio
import json
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.config import Settings
from app.schemas import BackupFile, BackupMethod, BackupOut

MANIFEST = "backup.json"


class BackupFailed(Exception):
    """A backup could not be made; nothing of it is left behind."""


async def _checkpoint(engine: AsyncEngine, settings: Settings, target: Path) -> None:
    async with engine.connect() as connection:
        await connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    await asyncio.to_thread(shutil.copy2, settings.database_path, target)


def _run_cp(sources: list[Path], target: Path) -> None:
    command = ["cp", "-R", "-p", *map(str, sources), str(target)]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    if result.returncode != 0:
        raise BackupFailed(result.stderr.strip() or f"cp ended with {result.returncode}")


async def _all_files(_engine: AsyncEngine, settings: Settings, target: Path) -> None:
    database = settings.database_path
    candidates = [
        database,
        database.with_name(f"{database.name}-wal"),
        database.with_name(f"{database.name}-shm"),
        settings.uploads_dir,
        settings.thumbnails_dir,
    ]
    await asyncio.to_thread(_run_cp, [path for path in candidates if path.exists()], target)


async def _vacuum(engine: AsyncEngine, settings: Settings, target: Path) -> None:
    # VACUUM refuses to run inside a transaction
    async with engine.connect() as connection:
        autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await autocommit.execute(
            text("VACUUM INTO :path"), {"path": str(target / settings.database_path.name)}
        )


METHODS = {"checkpoint": _checkpoint, "all_files": _all_files, "vacuum": _vacuum}


def _files(folder: Path) -> list[BackupFile]:
    return [
        BackupFile(path=path.relative_to(folder).as_posix(), size=path.stat().st_size)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != MANIFEST
    ]


async def create_backup(engine: AsyncEngine, settings: Settings, method: BackupMethod) -> BackupOut:
    created = datetime.now(UTC)
    name = f"{created.astimezone(settings.timezone):%Y%m%d-%H%M%S-%f}-{method}"
    folder = settings.backups_dir / name
    folder.mkdir(parents=True)
    try:
        await METHODS[method](engine, settings, folder)
        files = _files(folder)
        backup = BackupOut(
            name=name,
            method=method,
            created_at=created,
            size=sum(file.size for file in files),
            files=files,
        )
        (folder / MANIFEST).write_text(backup.model_dump_json(indent=2), encoding="utf-8")
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    for old in list_backups(settings)[settings.backups_to_keep :]:
        delete_backup(settings, old.name)
    return backup


def list_backups(settings: Settings) -> list[BackupOut]:
    """Every complete backup, the newest first."""
    manifests = settings.backups_dir.glob(f"*/{MANIFEST}")
    found = [BackupOut(**json.loads(path.read_text(encoding="utf-8"))) for path in manifests]
    return sorted(found, key=lambda backup: backup.created_at, reverse=True)


def find_backup(settings: Settings, name: str) -> BackupOut | None:
    return next((b for b in list_backups(settings) if b.name == name), None)


def delete_backup(settings: Settings, name: str) -> bool:
    if find_backup(settings, name) is None:
        return False
    shutil.rmtree(settings.backups_dir / name)
    return True
