"""Shows what a start script has made of its settings."""

import os

import bottle

app = bottle.Bottle()


@app.get("/health")
def health():
    return {"status": "ok"}


@app.get("/settings")
def settings():
    return {"secret": bool(os.environ.get("SECRET")), "workers": int(os.environ["WORKERS"]) > 0}
