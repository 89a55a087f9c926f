"""Backups, for the administrator."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request, status

from app.dependencies import CurrentAdmin, MetricsDep, SettingsDep
from app.logs import log
from app.rate_limits import backup_limit, limiter
from app.schemas import BackupMethod, BackupOut
from app.services import backup as backups

router = APIRouter(prefix="/backup", tags=["backup"])


@router.post("/create", status_code=status.HTTP_201_CREATED)
@limiter.limit(backup_limit)
async def create(
    request: Request,
    _admin: CurrentAdmin,
    settings: SettingsDep,
    metrics: MetricsDep,
    method: Annotated[BackupMethod, Query()] = "checkpoint",
) -> BackupOut:
    try:
        made = await backups.create_backup(request.app.state.database.engine, settings, method)
    except (backups.BackupFailed, OSError) as error:
        log.error("backup failed", method=method, error=str(error))
        raise HTTPException(
            status.HTTP_500_INTERNAL_SERVER_ERROR, f"The backup failed: {error}"
        ) from error
    metrics.backups.labels(method).inc()
    log.info("backup made", name=made.name, method=method, size=made.size)
    return made


@router.get("/list")
async def list_all(_admin: CurrentAdmin, settings: SettingsDep) -> list[BackupOut]:
    return backups.list_backups(settings)


@router.get("/{name}")
async def get_one(name: str, _admin: CurrentAdmin, settings: SettingsDep) -> BackupOut:
    found = backups.find_backup(settings, name)
    if found is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "No such backup")
    return found


@router.delete("/{name}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_one(name: str, _admin: CurrentAdmin, settings: SettingsDep) -> None:
    if not backups.delete_backup(settings, name):
        raise HTTPException(status.HTTP_404_NOT_FOUND, "No such backup")
