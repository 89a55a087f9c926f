"""Links and forms of HTML pages, and what JSON holds. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from types import MappingProxyType
from urllib.parse import urljoin, urlsplit

from jettison.values import by_key
from jettison.verify.exchange.forms import Form, read_page
from jettison.verify.workload import Json, is_sign_up
from jettison.verify.workload.step import HtmlForm, Payload, Step, path_pattern

_LEAVES = ("logout", "log-out", "signout", "sign-out", "delete")
# what a style sheet loads (w3.org, "CSS Values and Units", 4.5)
_URL = re.compile(r"""(?:url\(\s*|@import\s+)["']?([^"')\s]+)""")
_LIMIT = 60
# So many links are considered, as many of each page, but of each at least a few.
_CONSIDERED, _LEAST = 20_000, 50
# How JSON names addresses, what they look like, and how many of them are requested.
_LEADING = re.compile(r"(^|_)(href|ur[il]|links?|next|prev(ious)?|self|first|last|location)$", re.I)
_ADDRESS = re.compile(r"(http://localhost(:\d+)?)?/[\w./~%?=&+,:@-]*")
# An address of the application itself leads there under any name, and so does that of a file.
_PLAINLY = re.compile(r"http:|/.*/[^/?]+\.[a-z]\w{1,4}$")
_LEADS = 20
_AFTER = "after "
# A page is read after what the own account sent, and after forms, which may log in another one.
_LANDED = 2
_OF_A_ROUTE = 3
_LINKED = "linked on "
_NUMBER = re.compile(r"\d+")
# a token against forgery, a name, a password, and whether to be remembered
_LOGIN_FIELDS = 4


def page_steps(
    pages: Mapping[str, str],
    redirects: Mapping[str, str],
    known: Iterable[Step],
    style_sheets: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Step, ...]:
    """Give requests for what pages link to and for the forms they hold, without repetition.

    ``pages`` maps paths to HTML, ``redirects`` paths to locations, ``style_sheets`` paths to CSS,
    of which fonts and pictures are asked for; ``known`` was asked already.
    Forms change what pages show, and who may see them: they come after the links, and pages and
    what led to another page are read again last.
    """
    known = tuple(known)
    asked = {_key(step) for step in known}
    links: list[Step] = []
    forms: list[Step] = []
    for page, location in redirects.items():
        # where one is sent to log in, the address says what for: one of these is enough
        links += _link_steps(page, (location.partition("?")[0],), asked)
    share = max(_LEAST, _CONSIDERED // max(1, len(pages) + len(style_sheets)))
    for page, html in pages.items():
        found, written = read_page(html)
        links += _link_steps(page, found[:share], asked)
        forms += _form_steps(page, written[:share], asked)
    for path, text in style_sheets.items():
        links += _link_steps(path, _URL.findall(text)[:share], asked)
    forms.sort(key=_enters, reverse=True)
    routes = _templates(known)
    again = _read_again(pages, redirects, routes) if forms else []
    few = _few_of_a_route(links, known, routes)
    return (*few[:_LIMIT], *forms[:_LIMIT], *again[:_LIMIT])


def _read_again(pages: Iterable[str], redirects: Mapping[str, str], routes: _Routes) -> list[Step]:
    """Give every page once more, and one of each route that led to the same page."""
    led = {
        (routes.form_of(path) or path, _bare(location)): path
        for path, location in redirects.items()
    }
    again = (path for path in (*pages, *led.values()) if "?" not in path)
    return [Step(method="GET", path=path, variation="again") for path in again]


def landing_steps(landings: Mapping[str, str], known: Iterable[Step]) -> tuple[Step, ...]:
    """Give requests for where forms led to, as browsers go there, also where it was asked before.

    What was not there then, or not to be seen, may be now.
    """
    asked = [step for step in known if step.variation.startswith(_AFTER)]
    names = {step.name for step in asked}
    counts = Counter(_bare(step.path) for step in asked)
    found: dict[str, Step] = {}
    for page, location in landings.items():
        path = _local(page, location)
        step = Step(method="GET", path=path, variation=f"{_AFTER}{page}")
        if path and counts[_bare(path)] < _LANDED and step.name not in names:
            found.setdefault(_bare(path), step)
    return tuple(found.values())[:_LIMIT]


def json_steps(
    links: Mapping[str, Iterable[str]], reached: Iterable[str], known: Iterable[Step]
) -> tuple[Step, ...]:
    """Give requests for what JSON leads to, but for routes that already worked.

    An address with a query is another one, such as that of the next page.
    """
    known = tuple(known)
    asked = {_key(step) for step in known}
    worked = _Routes(reached)
    share = max(_LEAST, _CONSIDERED // max(1, len(links)))
    found = [
        step
        for page, texts in links.items()
        for step in _link_steps(page, islice(texts, share), asked)
        if "?" in step.path or not worked.find(step.path)
    ]
    return tuple(_few_of_a_route(found, known, _templates(known))[:_LEADS])


def json_links(document: Json, depth: int, name: str = "") -> tuple[str, ...]:
    """Give what members of a document link to, of every list its first element alone."""
    if isinstance(document, list):
        return json_links(document[0], depth - 1, name) if document and depth else ()
    if isinstance(document, dict):
        inner = document.items() if depth else ()
        return tuple(link for key, one in inner for link in json_links(one, depth - 1, key))
    if not (isinstance(document, str) and _ADDRESS.fullmatch(document)):
        return ()
    return (document,) if _LEADING.search(name) or _PLAINLY.match(document) else ()


def objects(document: Json, depth: int) -> Iterator[dict[str, Json]]:
    """Give the scalar members of every object, inner ones before those that hold them."""
    if isinstance(document, list):
        for one in document[:20]:
            yield from objects(one, depth)
    elif isinstance(document, dict) and depth:
        for one in document.values():
            yield from objects(one, depth - 1)
        scalars = {
            name: value
            for name, value in document.items()
            if isinstance(value, (str, int)) and not isinstance(value, bool) and value != ""
        }
        if scalars:
            yield scalars


def _bare(path: str) -> str:
    """Leave the query out: where one is sent to log in, it says what for."""
    return path.partition("?")[0]


def _key(step: Step) -> str:
    """Tell what was asked: a link by its whole address, a form by its path."""
    if step.form:
        return f"{step.method} {step.path.partition('?')[0]}"
    return step.path if step.method == "GET" else ""


def _few_of_a_route(found: Iterable[Step], known: Iterable[Step], routes: _Routes) -> list[Step]:
    """Keep a few addresses of each route: a list may link to any number of things of one kind."""
    linked = (step.path for step in known if step.variation.startswith(_LINKED))
    counts = Counter(map(routes.form_of, linked))
    kept = []
    for step in found:
        route = routes.form_of(step.path)
        counts[route] += 1
        if not route or counts[route] <= _OF_A_ROUTE:
            kept.append(step)
    return kept


class _Routes:
    """Paths and templates of paths, by the folder that what fits them lies in."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._found = by_key(
            (one[: one.partition("{")[0].rfind("/") + 1], path_pattern(one))
            for one in dict.fromkeys(paths)
        )

    def find(self, path: str) -> str:
        """Give the pattern that a path fits, or nothing."""
        ends = (place + 1 for place, letter in enumerate(path) if letter == "/")
        near = (one for end in ends for one in self._found.get(path[:end], ()))
        return next((one.pattern for one in near if one.fullmatch(path)), "")

    def form_of(self, path: str) -> str:
        """Give the form of a path that others have, too; nothing for a file.

        Where no route is known, paths that differ in numbers alone are of one, and so are those
        that differ in their query: sorting and filters make thousands of a table.
        """
        bare, queried, _ = path.partition("?")
        if "." in bare.rpartition("/")[2]:
            return ""
        found = self.find(bare)
        form = _NUMBER.sub("#", bare)
        if queried:
            return f"{found or form}?"
        return found or (form if form != bare else "")


def _templates(known: Iterable[Step]) -> _Routes:
    # below `/{page}`, each may be a page of its own
    return _Routes(one.path for one in known if "{" in one.path and not one.path.startswith("/{"))


def _enters(step: Step) -> int:
    """Rank forms: who signs up and logs in first sees more."""
    fields = step.payload.value if step.payload else {}
    secret = sum("pass" in name.lower() for name in fields)
    if not secret:
        return 0
    if is_sign_up(step.path):
        return 3
    return 2 if secret > 1 or len(fields) > _LOGIN_FIELDS else 1


def _link_steps(page: str, links: Iterable[str], asked: set[str]) -> Iterator[Step]:
    for link in links:
        path = _local(page, link)
        if path and path not in asked:
            asked.add(path)
            yield Step(method="GET", path=path, variation=f"{_LINKED}{page}")


def _form_steps(page: str, forms: Iterable[Form], asked: set[str]) -> Iterator[Step]:
    for index, form in enumerate(forms):
        path = _local(page, form.action or page)
        key = f"{form.method} {path.partition('?')[0]}"
        if not path or key in asked:
            continue
        asked.add(key)
        values = form.filled()
        body = Payload(media_type=form.media_type, value=values)
        yield Step(
            method=form.method,
            path=path,
            variation=f"form on {page}",
            query=tuple(values.items()) if form.method == "GET" else (),
            payload=None if form.method == "GET" else body,
            form=HtmlForm(page=page, index=index),
        )


def _local(page: str, link: str) -> str:
    """Give the path of a link to the same application, or nothing."""
    try:
        parts = urlsplit(urljoin(f"http://localhost{page}", link))
    except ValueError:
        return ""
    leaves = any(word in parts.path.lower() for word in _LEAVES)
    if parts.scheme != "http" or parts.netloc != "localhost" or leaves or not parts.path:
        return ""
    return parts.path + (f"?{parts.query}" if parts.query else "")
