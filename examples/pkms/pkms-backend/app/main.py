"""The application factory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from slowapi import _rate_limit_exceeded_handler
from slowapi.errors import RateLimitExceeded

from app import __version__
from app.config import Settings, get_settings
from app.database import Database
from app.logs import configure_logs, log
from app.metrics import Metrics, observe
from app.rate_limits import limiter
from app.routers import (
    auth,
    backup,
    dashboard,
    diary,
    documents,
    notes,
    search,
    system,
    tags,
    todos,
)
from app.services.file_types import detector_name

API_ROUTERS = (auth, notes, tags, todos, diary, documents, search, backup, dashboard)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    settings.make_directories()
    app.state.signing_key = settings.signing_key()
    app.state.database = Database(settings.effective_database_url)
    await app.state.database.create_schema()
    log.info(
        "started",
        version=__version__,
        environment=settings.environment,
        data_dir=str(settings.data_dir),
        timezone=settings.tz,
        file_types=detector_name(),
    )
    yield
    await app.state.database.dispose()
    log.info("stopped")


def create_app(settings: Settings | None = None) -> FastAPI:
    settings = settings or get_settings()
    configure_logs(settings)
    app = FastAPI(title="PKMS", version=__version__, debug=settings.debug, lifespan=lifespan)
    app.state.settings = settings
    app.state.metrics = Metrics()
    app.state.limiter = limiter
    limiter.enabled = settings.rate_limit_enabled
    app.add_exception_handler(
        RateLimitExceeded,
        _rate_limit_exceeded_handler,  # type: ignore[arg-type]  # narrower than Starlette asks
    )
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.cors_origins,
        allow_credentials=True,
        allow_methods=["*"],
        allow_headers=["*"],
    )
    app.middleware("http")(observe)
    app.include_router(system.router)
    for module in API_ROUTERS:
        app.include_router(module.router, prefix="/api/v1")
    return app
