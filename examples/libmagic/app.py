"""Tells the type of what is sent to it, by libmagic and nothing between."""

import ctypes
import ctypes.util

import bottle

MIME_TYPE = 0x10

libmagic = ctypes.CDLL(ctypes.util.find_library("magic"))
libmagic.magic_open.restype = ctypes.c_void_p
libmagic.magic_load.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
libmagic.magic_buffer.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t]
libmagic.magic_buffer.restype = ctypes.c_char_p

cookie = libmagic.magic_open(MIME_TYPE)
libmagic.magic_load(cookie, None)

app = bottle.Bottle()


@app.get("/health")
def health():
    return {"status": "ok"}


@app.post("/type")
def type_of():
    content = bottle.request.body.read()
    return {"type": libmagic.magic_buffer(cookie, content, len(content)).decode()}
