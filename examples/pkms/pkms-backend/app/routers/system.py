"""Root, health and metrics: no login."""

from datetime import datetime

from fastapi import APIRouter, Request, Response, status
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import SQLAlchemyError

from app import __version__
from app.dependencies import MetricsDep, SettingsDep
from app.schemas import Health

router = APIRouter(tags=["system"])


@router.get("/")
async def root() -> dict[str, str]:
    return {"name": "PKMS", "version": __version__, "docs": "/docs"}


@router.get("/health")
async def health(request: Request, response: Response, settings: SettingsDep) -> Health:
    try:
        alive = await request.app.state.database.is_alive()
    except SQLAlchemyError:
        alive = False
    if not alive:
        response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    return Health(
        status="ok" if alive else "unavailable",
        version=__version__,
        database=alive,
        time=datetime.now(settings.timezone),
    )


@router.get("/metrics", response_class=Response)
async def metrics(metrics: MetricsDep) -> Response:
    return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)
