"""Asks a PostgreSQL server for its version, and tells that of its own library without one."""

import os

import bottle
import psycopg2

app = bottle.Bottle()


@app.get("/health")
def health():
    return {"status": "ok", "libpq": psycopg2.extensions.libpq_version() // 10000}


@app.get("/server")
def server():
    try:
        with psycopg2.connect(os.environ.get("DATABASE_URL", "host=127.0.0.1 connect_timeout=1")) as connection:
            return {"version": connection.server_version}
    except psycopg2.OperationalError:
        bottle.response.status = 503
        return {"version": None}
