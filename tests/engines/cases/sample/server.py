"""A small application without dependencies that needs a little of everything in its image."""

import datetime
import json
import signal
import subprocess
import sys
import traceback
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

OPENAPI = {
    "openapi": "3.1.0",
    "paths": {
        path: {"get": {"responses": {}}}
        for path in (
            "/",
            "/report",
            "/notes",
            "/copy",
            "/time",
            "/random",
            "/broken",
            "/notes/{note_id}",
        )
    },
}
OPENAPI["paths"]["/notes"]["post"] = {
    "requestBody": {
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["title"],
                    "properties": {"title": {"type": "string"}},
                }
            }
        }
    }
}


def database():
    import sqlite3

    connection = sqlite3.connect("/data/notes.db")
    connection.execute("CREATE TABLE IF NOT EXISTS notes (id TEXT, title TEXT)")
    return connection


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer(self.get)

    def do_POST(self):
        self.answer(self.post)

    def answer(self, action):
        try:
            status, kind, body = action(urlsplit(self.path).path)
        except Exception:
            traceback.print_exc()
            status, kind, body = 500, "text/plain", b"Internal Server Error"
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(body)

    def get(self, path):
        if path == "/health":
            return self.json({"status": "ok"})
        if path == "/openapi.json":
            return self.json(OPENAPI)
        if path == "/":
            return 200, "text/html", Path("/app/page.html").read_bytes()
        if path == "/report":
            import reports

            return self.json({"text": reports.TEXT, "made_at": str(datetime.datetime.now())})
        if path == "/notes":
            with database() as connection:
                rows = connection.execute("SELECT id, title FROM notes").fetchall()
            return self.json([{"id": row[0], "title": row[1]} for row in rows])
        if path.startswith("/notes/"):
            with database() as connection:
                query = "SELECT id, title FROM notes WHERE id = ?"
                row = connection.execute(query, (path.rpartition("/")[2],)).fetchone()
            return self.json({"id": row[0], "title": row[1]}) if row else self.json({}, 404)
        if path == "/copy":
            subprocess.run(["cp", "/app/page.html", "/data/copy.html"], check=True)
            return self.json({"copied": Path("/data/copy.html").stat().st_size})
        if path == "/time":
            return self.json({"zone": datetime.datetime.now().astimezone().tzname()})
        if path == "/random":
            return self.json({"number": uuid.uuid4().int % 10**9})
        if path == "/broken":
            raise RuntimeError("always broken")
        return self.json({"missing": path}, 404)

    def post(self, path):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if path == "/names":
            return self.json({"hello": parse_qs(body.decode())["name"][0]})
        title = json.loads(body or b"{}").get("title")
        if not title:
            return self.json({"missing": "title"}, 422)
        note = {"id": str(uuid.uuid4()), "title": title}
        with database() as connection:
            connection.execute("INSERT INTO notes VALUES (:id, :title)", note)
        return self.json(note, 201)

    def json(self, value, status=200):
        return status, "application/json", json.dumps(value).encode()


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
ThreadingHTTPServer(("0.0.0.0", 8000), Handler).serve_forever()
