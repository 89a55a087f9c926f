"""Prometheus metrics and the middleware that feeds them."""

import time
from collections.abc import Awaitable, Callable
from uuid import uuid4

import structlog
from fastapi import Request, Response
from prometheus_client import CollectorRegistry, Counter, Histogram

from app.logs import log

# A registry of our own: two applications in one process (as in tests) must not share counters.
REQUEST_SECONDS_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics:
    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "pkms_requests",
            "Requests answered",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "pkms_request_seconds",
            "Time to answer",
            ["route"],
            buckets=REQUEST_SECONDS_BUCKETS,
            registry=self.registry,
        )
        self.uploads = Counter("pkms_upload_bytes", "Bytes uploaded", registry=self.registry)
        self.backups = Counter("pkms_backups", "Backups made", ["method"], registry=self.registry)


async def observe(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    """Count and log each request, under the id that its answer carries."""
    request_id = request.headers.get("x-request-id") or uuid4().hex
    structlog.contextvars.bind_contextvars(request_id=request_id)
    started = time.perf_counter()
    try:
        response = await call_next(request)
    finally:
        structlog.contextvars.unbind_contextvars("request_id")
    seconds = time.perf_counter() - started
    # the route's template, not the path: ids would make a series each
    route = getattr(request.scope.get("route"), "path", "unmatched")
    metrics: Metrics = request.app.state.metrics
    metrics.requests.labels(request.method, route, response.status_code).inc()
    metrics.seconds.labels(route).observe(seconds)
    log.info(
        "request",
        request_id=request_id,
        method=request.method,
        path=request.url.path,
        status=response.status_code,
        milliseconds=round(seconds * 1000, 1),
    )
    response.headers["x-request-id"] = request_id
    return response
