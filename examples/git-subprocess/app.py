"""Keeps notes in a git repository and tells their history."""

import os
import subprocess
import tempfile

import bottle

app = bottle.Bottle()
folder = os.environ.get("NOTES_DIR") or tempfile.mkdtemp()


def git(*words):
    names = ["-c", "user.name=notes", "-c", "user.email=notes@localhost"]
    return subprocess.run(["git", *names, *words], cwd=folder, check=True, capture_output=True, text=True).stdout


git("init", "--quiet")


@app.get("/health")
def health():
    return {"status": "ok"}


@app.put("/notes/<name:re:[a-z]+>")
def write(name):
    with open(os.path.join(folder, name), "wb") as note:
        note.write(bottle.request.body.read())
    git("add", name)
    git("commit", "--quiet", "--allow-empty", "--message", f"Write {name}")
    return {"written": name}


@app.get("/history")
def history():
    return {"commits": git("log", "--format=%s", "--all").splitlines()}
