# syntax=docker/dockerfile:1.7
ARG PYTHON_VERSION=3.12
ARG DEBIAN=bookworm

FROM python:${PYTHON_VERSION}-${DEBIAN} AS Builder
ARG EXTRAS=""
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
RUN --mount=type=cache,target=/root/.cache/pip,sharing=locked \
    --mount=type=bind,source=requirements,target=/requirements \
    python -m venv /opt/venv \
    && /opt/venv/bin/pip install -r /requirements/production.txt ${EXTRAS:+-r /requirements/extras.txt}

FROM python:${PYTHON_VERSION}-slim-${DEBIAN}
ENV PATH="/opt/venv/bin:$PATH" \
    DJANGO_SETTINGS_MODULE='config.settings.production' \
    GREETING="hello \"world\" of $USER"
RUN set -eux; \
    groupadd --gid 10001 app; \
    useradd --uid 10001 --gid app --no-create-home app; \
    apt-get update; \
    apt-get install -y --no-install-recommends libpq5; \
    rm -rf /var/lib/apt/lists/*
COPY --link --from=builder --chown=10001:10001 /opt/venv /opt/venv
COPY ["docker/entrypoint file.sh", "/entrypoint.sh"]
ADD https://example.org/data.json /data/
VOLUME ["/app/media"]
VOLUME /app/static /app/cache
STOPSIGNAL SIGINT
USER app:app
ENTRYPOINT ["/entrypoint.sh"]
CMD ["gunicorn", "config.wsgi:application", "--bind", "0.0.0.0:8000"]
