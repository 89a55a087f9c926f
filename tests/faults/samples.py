"""The applications that faults are put into: examples of this repository, and one made for it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "examples"


@dataclass(frozen=True)
class Sample:
    """``folder`` is the application's in the image, ``application`` what makes it when evaluated.

    ``user`` is that of the image. ``upon`` names the sample whose image this one is made from.
    """

    name: str
    source: Path
    folder: str
    user: str
    application: str
    upon: str = ""

    def path(self, name: str) -> str:
        """Give where a file of the application is in the image."""
        return f"{self.folder}/{name}"


SAMPLES = (
    Sample(
        name="flask-links",
        source=EXAMPLES / "flask-links",
        folder="/srv",
        user="root",
        application="__import__('links').create_app()",
    ),
    Sample(
        name="fastapi-units",
        source=EXAMPLES / "fastapi-units",
        folder="/app",
        user="units",
        application="__import__('units').app",
    ),
    Sample(
        name="django-guestbook",
        source=EXAMPLES / "django-guestbook",
        folder="/app",
        user="guest",
        application="__import__('guestbook.wsgi')",
    ),
    Sample(
        name="shelf",
        source=HERE / "cases" / "shelf",
        folder="/shelf",
        user="units",
        application="__import__('shelf').app",
        upon="fastapi-units",
    ),
)
