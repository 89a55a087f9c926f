FROM ghcr.io/astral-sh/uv:python3.13-bookworm-slim@sha256:0000000000000000000000000000000000000000000000000000000000000000 AS build
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy
WORKDIR /app
RUN --mount=type=cache,target=/root/.cache/uv \
    --mount=type=bind,source=uv.lock,target=uv.lock \
    --mount=type=bind,source=pyproject.toml,target=pyproject.toml \
    uv sync --locked --no-install-project --no-dev
COPY --exclude=*.md --exclude=tests . /app
RUN --mount=type=cache,target=/root/.cache/uv uv sync --locked --no-dev
FROM --platform=$TARGETPLATFORM python:3.13-slim
COPY --from=build /app /app
COPY --from=0 /usr/bin/env /usr/bin/env2
ENV PATH="/app/.venv/bin:$PATH"
CMD ["fastapi", "run", "/app/main.py"]
