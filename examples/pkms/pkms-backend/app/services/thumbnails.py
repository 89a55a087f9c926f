"""Small pictures of images and of the first page of PDFs."""

import io
from pathlib import Path

import fitz  # PyMuPDF
from PIL import Image, ImageOps

from app.logs import log


def _open(path: Path, media_type: str) -> Image.Image | None:
    if media_type == "application/pdf":
        with fitz.open(path) as pdf:
            return Image.open(io.BytesIO(pdf[0].get_pixmap(dpi=72).tobytes("png")))
    if media_type.startswith("image/") and media_type != "image/svg+xml":
        return Image.open(path)
    return None


def make_thumbnail(path: Path, media_type: str, target: Path, pixels: int) -> bool:
    """Write a JPEG of at most ``pixels`` on its longer side; False when there is none to make."""
    try:
        opened = _open(path, media_type)
        if opened is None:
            return False
        ImageOps.exif_transpose(opened, in_place=True)
        image = opened.convert("RGB")
        image.thumbnail((pixels, pixels))
        image.save(target, "JPEG", quality=82, optimize=True)
    except Exception as error:  # damaged files fail in many ways, and none is worth a lost upload
        log.warning("no thumbnail", path=path.name, media_type=media_type, error=str(error))
        target.unlink(missing_ok=True)
        return False
    return True
