#!/bin/sh
set -e
alembic upgrade head
exec granian --interface asgi main:app
