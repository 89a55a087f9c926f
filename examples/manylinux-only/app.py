"""Counts words in a database of its own SQLite, which is newer than Python's."""

import bottle
import pysqlite3

app = bottle.Bottle()
connection = pysqlite3.connect(":memory:", check_same_thread=False)
connection.execute("CREATE VIRTUAL TABLE texts USING fts5(body)")


@app.get("/health")
def health():
    return {"status": "ok"}


@app.post("/texts")
def add():
    connection.execute("INSERT INTO texts VALUES (?)", (bottle.request.body.read().decode(),))
    return {"texts": connection.execute("SELECT count(*) FROM texts").fetchone()[0]}


@app.get("/search")
def search():
    found = connection.execute("SELECT count(*) FROM texts WHERE texts MATCH ?", (bottle.request.query.q,))
    return {"found": found.fetchone()[0]}
