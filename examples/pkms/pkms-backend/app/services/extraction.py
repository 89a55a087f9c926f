"""Text out of uploaded files."""

from dataclasses import dataclass
from pathlib import Path

import docx
import fitz  # PyMuPDF

from app.logs import log
from app.services.sanitize import plain_text

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
MAX_CHARACTERS = 500_000


@dataclass(frozen=True)
class Extracted:
    text: str = ""
    page_count: int | None = None


def _from_pdf(path: Path) -> Extracted:
    with fitz.open(path) as pdf:
        return Extracted("\n".join(page.get_text() for page in pdf), pdf.page_count)


def _from_docx(path: Path) -> Extracted:
    document = docx.Document(str(path))
    lines = [paragraph.text for paragraph in document.paragraphs]
    for table in document.tables:
        lines += ["\t".join(cell.text for cell in row.cells) for row in table.rows]
    return Extracted("\n".join(lines))


def _from_text(path: Path) -> Extracted:
    return Extracted(path.read_text(encoding="utf-8", errors="replace"))


def _from_html(path: Path) -> Extracted:
    return Extracted(plain_text(_from_text(path).text))


def extract(path: Path, media_type: str) -> Extracted:
    """Text and page count. A damaged file has no text; it is stored all the same."""
    if media_type == "application/pdf":
        reader = _from_pdf
    elif media_type == DOCX:
        reader = _from_docx
    elif media_type == "text/html":
        reader = _from_html
    elif media_type.startswith("text/") or media_type == "application/json":
        reader = _from_text
    else:
        return Extracted()
    try:
        found = reader(path)
    except Exception as error:  # each library has its own errors for damaged files
        log.warning("no text", path=path.name, media_type=media_type, error=str(error))
        return Extracted()
    return Extracted(found.text[:MAX_CHARACTERS].strip(), found.page_count)
