"""The history of an image: one entry for each instruction that made it."""

from __future__ import annotations

from msgspec import Struct

from jettison.oci.document import Fields, Json, text_field


class History(Struct, frozen=True, kw_only=True):
    """How one layer came to be, or one instruction that made none (``empty_layer``)."""

    created_by: str = ""
    created: str = ""
    comment: str = ""
    author: str = ""
    empty_layer: bool = False

    @classmethod
    def from_fields(cls, fields: Fields) -> History:
        """Read one entry of a config's history."""
        texts = {name: text_field(fields, name) for name in _HISTORY_TEXTS}
        return cls(**texts, empty_layer=bool(fields.get("empty_layer")))

    @property
    def fields(self) -> dict[str, Json]:
        """The entry as a config holds it."""
        texts = {name: getattr(self, name) for name in _HISTORY_TEXTS}
        empty = {"empty_layer": True} if self.empty_layer else {}
        return {**{name: text for name, text in texts.items() if text}, **empty}


_HISTORY_TEXTS = ("created_by", "created", "comment", "author")
