"""Docker's health check, which the OCI specification does not know but every engine keeps."""

from __future__ import annotations

from msgspec import Struct

from jettison.oci.document import Fields, Json, list_field


class HealthCheck(Struct, frozen=True, kw_only=True):
    """Docker's health check; durations in nanoseconds, 0 for the default.

    ``test`` starts with NONE, CMD or CMD-SHELL.
    """

    test: tuple[str, ...]
    interval: int = 0
    timeout: int = 0
    start_period: int = 0
    start_interval: int = 0
    retries: int = 0

    @classmethod
    def from_fields(cls, fields: Fields) -> HealthCheck:
        """Read the field ``Healthcheck`` of a config."""
        numbers = {name: int(fields.get(key) or 0) for name, key in _HEALTH_FIELDS.items()}
        return cls(test=tuple(list_field(fields, "Test")), **numbers)

    @property
    def fields(self) -> dict[str, Json]:
        """The health check as a config holds it."""
        numbers = {key: getattr(self, name) for name, key in _HEALTH_FIELDS.items()}
        return {"Test": list(self.test), **{key: n for key, n in numbers.items() if n}}


_HEALTH_FIELDS = {
    "interval": "Interval",
    "timeout": "Timeout",
    "start_period": "StartPeriod",
    "start_interval": "StartInterval",
    "retries": "Retries",
}
