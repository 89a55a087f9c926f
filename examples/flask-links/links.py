"""Short links: kept where DATABASE_URL says, in a file of this container without it."""

import hashlib

import psycopg2
from flask import Flask, Response, abort, jsonify, redirect, render_template, request
from sqlalchemy import func, select

from store import Link, Store

EXAMPLES = ("https://www.python.org/", "https://www.postgresql.org/docs/")


def create_app():
    """Make the application."""
    app = Flask(__name__)
    store = Store()
    for target in EXAMPLES:
        store.put(short(target), target)

    @app.get("/")
    def index():
        with store.session() as session:
            links = session.scalars(select(Link).order_by(Link.name)).all()
        return render_template("index.html", links=links)

    @app.get("/health")
    def health():
        return jsonify(status="ok", driver=psycopg2.__version__.split()[0])

    @app.post("/links")
    def add():
        target = (request.get_json(silent=True) or request.form).get("target", "")
        if not target.startswith(("http://", "https://")):
            abort(400)
        name = short(target)
        store.put(name, target)
        return jsonify(name=name), 201

    @app.get("/links/report.csv")
    def report():
        from report import table  # only who asks for it pays for it

        with store.session() as session:
            return Response(table(session.scalars(select(Link))), mimetype="text/csv")

    @app.get("/links/count")
    def count():
        with store.session() as session:
            return jsonify(count=session.scalar(select(func.count(Link.name))))

    @app.get("/links/<name>/check")
    def check(name):
        from reachable import is_reachable

        target = store.find(name) or abort(404)
        return jsonify(name=name, reachable=is_reachable(target))

    @app.get("/<name>")
    def follow(name):
        target = store.find(name)
        return redirect(target) if target else abort(404)

    @app.errorhandler(404)
    def missing(failure):
        return render_template("missing.html", path=request.path), 404

    return app


def short(target):
    """A name that is the same for the same target."""
    return hashlib.blake2s(target.encode(), digest_size=4).hexdigest()
