"""Cleaning of HTML that users write."""

import bleach

ALLOWED_TAGS = frozenset(
    "a abbr b blockquote br code em h1 h2 h3 h4 hr i img li ol p pre s strong sub sup "
    "table tbody td th thead tr u ul".split()
)
ALLOWED_ATTRIBUTES = {
    "a": ["href", "title"],
    "abbr": ["title"],
    "img": ["src", "alt", "title"],
}
ALLOWED_PROTOCOLS = frozenset({"http", "https", "mailto"})


def clean_html(html: str) -> str:
    """Keep harmless formatting; escape the rest."""
    return bleach.clean(
        html, tags=ALLOWED_TAGS, attributes=ALLOWED_ATTRIBUTES, protocols=ALLOWED_PROTOCOLS
    )


def plain_text(html: str) -> str:
    """The words alone, for the search index."""
    return bleach.clean(html, tags=frozenset(), strip=True)
