"""Writes dates as they are written in Germany, for any moment and zone."""

import locale
from datetime import datetime
from zoneinfo import ZoneInfo

import bottle

locale.setlocale(locale.LC_ALL, "de_DE.UTF-8")

app = bottle.Bottle()
home = ZoneInfo("Europe/Berlin")


@app.get("/health")
def health():
    return {"status": "ok"}


@app.get("/date/<seconds:int>")
def date(seconds):
    moment = datetime.fromtimestamp(seconds, home)
    return {"date": moment.strftime("%A, %d. %B %Y, %H:%M %Z"), "number": locale.str(1.5)}


@app.get("/sorted")
def ordered():
    words = bottle.request.query.words.split(",")
    return {"sorted": sorted(words, key=locale.strxfrm)}
