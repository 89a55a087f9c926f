"""Takes processes, memory or room on disk without end as soon as it is asked to."""

import http.server
import os
import signal
import sys
import threading
import time

KIND = sys.argv[1]


def processes():
    while True:
        try:
            if not os.fork():
                time.sleep(3600)
        except OSError:
            time.sleep(0.1)


def memory():
    held = []
    while True:
        held.append(b"x" * (1 << 22))


def disk():
    number = 0
    while True:
        try:
            with open(f"/tmp/{number}", "wb") as file:
                file.write(bytes(1 << 22))
            number += 1
        except OSError:
            time.sleep(0.1)
        time.sleep(0.1)


class Greedy(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"welcome")
        threading.Thread(target={"processes": processes, "memory": memory, "disk": disk}[KIND], daemon=True).start()


signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
http.server.ThreadingHTTPServer(("", 8000), Greedy).serve_forever()
