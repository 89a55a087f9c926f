"""Answers in every way that keeps somebody waiting, and writes to its log without end."""

import http.server
import os
import signal
import threading
import time

LINKS = ("never", "stream", "drip", "large", "endless")


class Hostile(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        kind = self.path.strip("/") or "index"
        if kind == "index":
            return self.page()
        if kind not in LINKS:
            return self.send_error(404)
        if kind == "never":
            time.sleep(3600)
        self.send_response(200)
        self.send_header(
            "Content-Type", "text/event-stream" if kind == "stream" else "application/octet-stream"
        )
        if kind == "large":
            self.send_header("Content-Length", str(1 << 30))
        self.end_headers()
        pieces = {"stream": b"data: tick\n\n", "drip": b".", "large": bytes(1 << 20)}
        for _ in range(1 << 10 if kind == "large" else 1 << 40):
            self.wfile.write(pieces.get(kind, bytes(1 << 16)))
            if kind in ("stream", "drip"):
                time.sleep(0.05)

    def page(self):
        text = "".join(f'<a href="/{name}">{name}</a>' for name in LINKS).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        """Leave the log to the others."""


def talk():
    # more than anybody may keep, then as much as leaves the machine to others
    for number in range(1 << 40):
        print("INFO talking " + "x" * 1000)
        if number > 300_000:
            time.sleep(0.01)


signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
threading.Thread(target=talk, daemon=True).start()
http.server.ThreadingHTTPServer(("", 8000), Hostile).serve_forever()
