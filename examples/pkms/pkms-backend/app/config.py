"""Settings, read from the environment and from ``.env``."""

import secrets
from functools import lru_cache
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Everything that can differ from one installation to the next."""

    model_config = SettingsConfigDict(env_file=".env", env_file_encoding="utf-8", extra="ignore")

    environment: Literal["development", "production", "test"] = "production"
    debug: bool = False
    data_dir: Path = Path("/app/data")
    database_url: str | None = None
    tz: str = "Asia/Kathmandu"

    secret_key: str | None = None
    access_token_minutes: int = 60 * 12
    bcrypt_rounds: int = Field(default=12, ge=4, le=16)
    cors_origins: list[str] = ["http://localhost:3000"]

    max_upload_mb: int = 50
    thumbnail_pixels: int = 320
    backups_to_keep: int = 10

    rate_limit_enabled: bool = True
    auth_rate_limit: str = "30/minute"
    upload_rate_limit: str = "60/minute"
    backup_rate_limit: str = "20/minute"

    log_level: str = "INFO"
    log_json: bool = True

    @property
    def database_path(self) -> Path:
        return self.data_dir / "pkms.db"

    @property
    def effective_database_url(self) -> str:
        return self.database_url or f"sqlite+aiosqlite:///{self.database_path}"

    @property
    def uploads_dir(self) -> Path:
        return self.data_dir / "uploads"

    @property
    def thumbnails_dir(self) -> Path:
        return self.data_dir / "thumbnails"

    @property
    def backups_dir(self) -> Path:
        return self.data_dir / "backups"

    @property
    def timezone(self) -> ZoneInfo:
        return ZoneInfo(self.tz)

    @property
    def max_upload_bytes(self) -> int:
        return self.max_upload_mb * 1024 * 1024

    def make_directories(self) -> None:
        for directory in (self.data_dir, self.uploads_dir, self.thumbnails_dir, self.backups_dir):
            directory.mkdir(parents=True, exist_ok=True)

    def signing_key(self) -> str:
        """The key that signs tokens: SECRET_KEY, or one made once and kept beside the database.

        A key that changed at every start would log everybody out.
        """
        if self.secret_key:
            return self.secret_key
        path = self.data_dir / "secret.key"
        if not path.exists():
            path.write_text(secrets.token_urlsafe(48), encoding="ascii")
            path.chmod(0o600)
        return path.read_text(encoding="ascii").strip()


@lru_cache
def get_settings() -> Settings:
    return Settings()
