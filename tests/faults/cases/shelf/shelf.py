"""A shelf of books: languages, cookies, files, streams, WebSockets."""

import asyncio
import gettext
import gzip
import logging
import os
import time
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from fastapi import Cookie, FastAPI, Header, HTTPException, Request, Response, WebSocket
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import FileResponse, PlainTextResponse, StreamingResponse
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel

HERE = Path(__file__).parent
KEPT = Path("/kept")
BOOKS = {
    number: {"title": title, "year": year, "payload": {"total": number * 3}}
    for number, (title, year) in enumerate(
        [("Emma", 1815), ("Ulysses", 1922), ("Momo", 1973), ("Dune", 1965)], 1
    )
}
log = logging.getLogger("shelf")
logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
app = FastAPI(title="Shelf")
app.add_middleware(
    CORSMiddleware, allow_origins=["https://shelf.example"], allow_methods=["GET", "POST"]
)
app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")


class Loan(BaseModel):
    book: int
    reader: str


@app.on_event("startup")
def begin():
    log.info("the shelf holds %d books", len(BOOKS))
    os.umask(0o027)
    (KEPT / "journal.txt").write_text("begun\n")


@app.get("/health")
def health():
    return {"status": "ok"}


@app.get("/books")
def books(kind: str = "all", page: int = 1):
    size = int(os.environ.get("SHELF_PAGE", "2"))
    found = sorted(BOOKS.items())
    if kind == "old":
        found = [one for one in found if one[1]["year"] < 1900]
    elif kind == "new":
        found = [one for one in found if one[1]["year"] >= 1960]
    return [{"id": number, **book} for number, book in found[(page - 1) * size : page * size]]


@app.get("/books/{number}")
def book(number: int, response: Response, if_none_match: str = Header("")):
    if number not in BOOKS:
        log.warning("no book %d", number)
        raise HTTPException(404, "no such book")
    response.headers["ETag"] = f'"book-{number}"'
    response.headers["Cache-Control"] = "public, max-age=60"
    if if_none_match == f'"book-{number}"':
        return Response(status_code=304)
    return BOOKS[number]


@app.post("/loans", status_code=201)
def lend(loan: Loan):
    if loan.book not in BOOKS:
        raise HTTPException(409, "no such book")
    with (KEPT / "loans.txt").open("a") as file:
        file.write(f"{loan.reader}: {loan.book}\n")
    log.info("lent %d", loan.book)
    return {"due": 14, "title": BOOKS[loan.book]["title"]}


@app.get("/hello", response_class=PlainTextResponse)
def hello(accept_language: str = Header("en")):
    language = "de" if accept_language.lower().startswith("de") else "en"
    words = gettext.translation("shelf", HERE / "locale", [language], fallback=True)
    return f"{words.gettext('Hello')}, {os.environ.get('SHELF_GREETING', '')}"


@app.get("/opens")
def opens():
    moment = datetime(2024, 7, 1, 9, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    return {"opens": moment.isoformat(), "zone": time.tzname[0]}


@app.get("/visit")
def visit(response: Response, visits: int = Cookie(0)):
    response.set_cookie("visits", str(visits + 1), httponly=True, samesite="lax", max_age=3600)
    return {"visits": visits + 1}


@app.get("/catalogue.txt")
def catalogue(request: Request):
    text = "\n".join(one["title"] for one in BOOKS.values()) * 40
    headers = {"Vary": "Accept-Encoding", "Content-Type": "text/plain; charset=utf-8"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(gzip.compress(text.encode(), mtime=0), headers=headers)
    return Response(text.encode(), headers=headers)


@app.get("/cover")
def cover():
    return FileResponse(HERE / "static" / "cover.svg", media_type="image/svg+xml")


@app.post("/scan")
async def scan(request: Request):
    content = await request.body()
    if content.startswith(b"%PDF"):
        return {"kind": "pdf", "size": len(content)}
    if content.startswith(b"\x89PNG"):
        return {"kind": "picture", "size": len(content)}
    return {"kind": "text", "words": len(content.split())}


@app.get("/events")
async def events():
    async def tell():
        number = 0
        while True:
            yield f"event: tick\ndata: {number}\n\n"
            number += 1
            await asyncio.sleep(0.05)

    return StreamingResponse(tell(), media_type="text/event-stream")


@app.get("/export")
def export():
    def lines():
        for number, one in BOOKS.items():
            yield f"{number},{one['title']}\n"

    return StreamingResponse(lines(), media_type="text/csv")


@app.websocket("/chat")
async def chat(socket: WebSocket):
    await socket.accept()
    await socket.send_text("who is there?")
    name = await socket.receive_text()
    await socket.send_text(f"hello {name}")
    await socket.close(code=1000)
