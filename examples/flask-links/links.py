"""Short links: kept in PostgreSQL when DATABASE_URL names one, else in memory."""

import os
import secrets

import psycopg2
from flask import Flask, abort, jsonify, redirect, request


class Memory:
    """Links of this process."""

    def __init__(self):
        self._links = {}

    def add(self, name, target):
        self._links[name] = target

    def find(self, name):
        return self._links.get(name)


class Database:
    """Links in PostgreSQL."""

    def __init__(self, address):
        self._connection = psycopg2.connect(address)
        self._connection.autocommit = True
        with self._connection.cursor() as cursor:
            cursor.execute("create table if not exists links (name text primary key, target text)")

    def add(self, name, target):
        with self._connection.cursor() as cursor:
            cursor.execute("insert into links values (%s, %s)", (name, target))

    def find(self, name):
        with self._connection.cursor() as cursor:
            cursor.execute("select target from links where name = %s", (name,))
            row = cursor.fetchone()
        return row and row[0]


def create_app():
    """Make the application."""
    app = Flask(__name__)
    address = os.environ.get("DATABASE_URL")
    store = Database(address) if address else Memory()

    @app.get("/health")
    def health():
        return jsonify(status="ok", driver=psycopg2.__version__.split()[0])

    @app.post("/links")
    def add():
        target = (request.get_json(silent=True) or {}).get("target", "")
        if not target.startswith(("http://", "https://")):
            abort(400)
        name = secrets.token_urlsafe(6)
        store.add(name, target)
        return jsonify(name=name), 201

    @app.get("/<name>")
    def follow(name):
        target = store.find(name)
        return redirect(target) if target else abort(404)

    return app
