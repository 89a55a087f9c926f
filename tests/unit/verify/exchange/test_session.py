import json
from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from jettison.verify.discover import custom_steps
from jettison.verify.exchange import Answer
from jettison.verify.exchange.forms import encode
from jettison.verify.exchange.session import Session
from jettison.verify.request import CustomRequest
from jettison.verify.workload import Interface, Json, Operation, TokenScheme
from jettison.verify.workload.plan import workload
from jettison.verify.workload.sample import uploads
from jettison.verify.workload.step import HtmlForm, Payload, Remembered, Step

JSON = {"content-type": "application/json"}
HTML = {"content-type": "text/html; charset=utf-8"}


class Application:
    """Answers from a table and keeps what it was asked."""

    def __init__(self, answers: dict[str, Answer]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, Mapping[str, str], bytes]] = []

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self.asked.append((f"{method} {target}", headers, body))
        return self.answers.get(f"{method} {target}", Answer(status=404))

    def run(self, *steps: Step) -> Session:
        session = Session(self.send, "localhost:8000", TokenScheme())
        list(session.exchanges(steps))
        return session


def answer(value: object, status: int = 200) -> Answer:
    return Answer(status=status, headers=JSON, body=json.dumps(value).encode())


def hole(name: str, prefix: str = "/notes", otherwise: object = 1, back: int = 0) -> Remembered:
    return Remembered(name=name, prefix=prefix, otherwise=otherwise, back=back)


CREATE = Step(method="POST", path="/notes")


def test_an_id_from_an_answer_fills_a_path() -> None:
    app = Application({"POST /notes": answer({"id": 41, "title": "x"}, 201)})
    one = Step(method="GET", path="/notes/{note_id}", path_values={"note_id": hole("note_id")})
    app.run(CREATE, one)
    assert app.asked[1][0] == "GET /notes/41"


def test_an_older_one_can_be_asked_for() -> None:
    app = Application({"POST /notes": answer([{"id": 1}, {"id": 2}, {"id": 3}])})
    values = {"note_id": hole("note_id", back=1)}
    app.run(CREATE, Step(method="GET", path="/notes/{note_id}", path_values=values))
    assert app.asked[1][0] == "GET /notes/2"


def test_an_id_of_what_belongs_to_a_thing_is_not_taken_for_that_of_the_thing() -> None:
    app = Application(
        {
            "POST /notes": answer({"id": 7}, 201),
            "POST /notes/7/files": answer({"id": 1}, 201),
        }
    )
    upload = Step(method="POST", path="/notes/{id}/files", path_values={"id": hole("id")})
    app.run(CREATE, upload, upload)
    assert [asked for asked, _, _ in app.asked[1:]] == ["POST /notes/7/files"] * 2


def test_what_an_upload_made_is_preferred_to_what_lists_hold() -> None:
    app = Application(
        {
            "POST /notes": answer({"id": 7}, 201),
            "GET /notes": answer([{"id": 7}, {"id": 2}]),
        }
    )
    made = Remembered(name="id", prefix="/notes", otherwise=1, made=True)
    steps = [Step(method="GET", path="/notes/{id}", path_values={"id": one}) for one in (made,)]
    steps += [Step(method="GET", path="/notes/{id}", path_values={"id": hole("id")})]
    app.run(CREATE, Step(method="GET", path="/notes"), *steps)
    assert [asked for asked, _, _ in app.asked[2:]] == ["GET /notes/7", "GET /notes/2"]


def test_a_number_is_not_filled_with_text_and_a_uuid_not_with_a_number() -> None:
    app = Application({"POST /notes": answer({"id": 5, "uuid": "0b1c", "name": "garden"}, 201)})
    numbered = Step(method="GET", path="/notes/{id}", path_values={"id": hole("id")})
    by_uuid = {"note_uuid": hole("note_uuid", otherwise="x")}
    app.run(CREATE, numbered, Step(method="GET", path="/notes/{note_uuid}", path_values=by_uuid))
    assert [asked for asked, _, _ in app.asked[1:]] == ["GET /notes/5", "GET /notes/0b1c"]


def test_a_field_takes_the_id_of_the_resource_that_it_names() -> None:
    app = Application({"POST /folders": answer({"id": 9}, 201)})
    value = {"folder_id": hole("folder_id", prefix="", otherwise=1)}
    app.run(
        Step(method="POST", path="/folders"),
        Step(
            method="POST",
            path="/notes",
            payload=Payload(media_type="application/json", value=value),
        ),
    )
    assert json.loads(app.asked[1][2]) == {"folder_id": 9}


def test_nothing_remembered_sends_the_sample() -> None:
    app = Application({})
    values = {"id": hole("id", otherwise=7)}
    app.run(Step(method="GET", path="/notes/{id}", path_values=values))
    assert app.asked[0][0] == "GET /notes/7"


def test_a_token_is_sent_but_not_anonymously() -> None:
    app = Application({"POST /login": answer({"access_token": "t0ken"})})
    app.run(
        Step(method="POST", path="/login", signs_in=True),
        Step(method="GET", path="/me"),
        Step(method="GET", path="/me", anonymous=True),
    )
    assert app.asked[1][1]["Authorization"] == "Bearer t0ken"
    assert "Authorization" not in app.asked[2][1]


def test_a_token_may_come_in_a_header() -> None:
    headers = {**JSON, "authorization": "Bearer t0ken"}
    app = Application({"POST /login": Answer(status=201, headers=headers, body=b"null")})
    app.run(Step(method="POST", path="/login", signs_in=True), Step(method="GET", path="/me"))
    assert app.asked[1][1]["Authorization"] == "Bearer t0ken"


def test_who_is_asked_for_a_password_gives_the_one_of_the_account() -> None:
    class Guarded(Application):
        def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
            super().send(method, target, headers, body)
            if headers.get("Authorization", "").startswith("Basic "):
                return answer({"token": "t0ken"})
            return Answer(status=401, headers={"www-authenticate": 'Basic realm="x"'})

    app = Guarded({})
    app.run(Step(method="POST", path="/tokens"), Step(method="GET", path="/me", anonymous=True))
    assert len(app.asked) == 3
    app.run(Step(method="POST", path="/tokens"), Step(method="GET", path="/me"))
    assert "Bearer t0ken" in [headers.get("Authorization") for _, headers, _ in app.asked]


def test_a_form_is_filled_from_the_page_as_those_see_it_who_have_logged_in() -> None:
    class Rotating(Application):
        token = "first"

        def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
            super().send(method, target, headers, body)
            if method == "POST" and target == "/login":
                self.token = "second"
            page = f'<form method="post"><input type="hidden" name="t" value="{self.token}"></form>'
            cookies = (f"token={self.token}",)
            return Answer(status=200, headers=HTML, body=page.encode(), cookies=cookies)

    app = Rotating({})
    fields = Payload(media_type="application/x-www-form-urlencoded", value={"t": "old"})
    form = HtmlForm(page="/form", index=0)
    post = Step(method="POST", path="/form", payload=fields, form=form)
    app.run(Step(method="GET", path="/form"), post, Step(method="POST", path="/login"), post, post)
    sent = [(name, body) for name, _, body in app.asked]
    assert sent == [
        ("GET /form", b""),
        ("POST /form", b"t=first"),
        ("POST /login", b""),
        ("GET /form", b""),
        ("POST /form", b"t=second"),
        ("POST /form", b"t=second"),
    ]


def test_forms_that_make_an_account_come_before_those_that_log_in() -> None:
    form = '<form method="post" action="{}"><input name="name"><input name="password">{}</form>'
    page = form.format("/login", '<input name="remember">') + form.format("/register", "")
    app = Application({"GET /": Answer(status=200, headers=HTML, body=page.encode())})
    start = Step(method="GET", path="/")
    found = app.run(start).explored((start,))
    assert [step.path for step in found][:2] == ["/register", "/login"]


@pytest.mark.parametrize("name", ["csrftoken", "XSRF-TOKEN", "csrf_access_token"])
def test_a_token_against_forgery_is_sent_back_in_a_header_by_what_writes(name: str) -> None:
    app = Application({"GET /": Answer(status=200, cookies=(f"{name}=abc; Path=/", "sid=1"))})
    app.run(Step(method="GET", path="/"), Step(method="GET", path="/x"), CREATE)
    assert "X-CSRFToken" not in app.asked[1][1]
    assert {app.asked[2][1][one] for one in ("X-CSRFToken", "X-XSRF-TOKEN", "X-CSRF-Token")} == {
        "abc"
    }


def test_cookies_are_sent_back() -> None:
    session = Answer(status=200, cookies=("sid=1; HttpOnly", "theme=dark; Path=/"))
    app = Application({"POST /login": session})
    app.run(Step(method="POST", path="/login"), Step(method="GET", path="/me"))
    assert app.asked[1][1]["Cookie"] == "sid=1; theme=dark"


def test_a_cookie_of_a_step_comes_with_those_of_the_session() -> None:
    given = replace(answer({}), cookies=("session=1; Path=/",))
    app = Application({"POST /notes": given})
    app.run(CREATE, Step(method="GET", path="/", headers=(("Cookie", "theme=dark"),)))
    assert app.asked[1][1]["Cookie"] == "session=1; theme=dark"


def test_queries_are_written_as_browsers_do() -> None:
    app = Application({})
    query = (("kind", ["a b", "c"]), ("open", True))
    app.run(Step(method="GET", path="/notes", query=query))
    assert app.asked[0][0] == "GET /notes?kind=a+b&kind=c&open=true"


def test_a_form_takes_its_hidden_fields_from_the_page() -> None:
    page = (
        b'<form method="post"><input type="hidden" name="csrf" value="abc"><input name="q"></form>'
    )
    app = Application({"GET /form": Answer(status=200, headers=HTML, body=page)})
    fields = Payload(
        media_type="application/x-www-form-urlencoded", value={"csrf": "old", "q": "x"}
    )
    app.run(
        Step(method="GET", path="/form"),
        Step(method="POST", path="/form", payload=fields, form=HtmlForm(page="/form", index=0)),
    )
    assert app.asked[1][2] == b"csrf=abc&q=x"


def test_pages_lead_to_further_requests() -> None:
    page = (
        b'<a href="/about">a</a><a href="https://example.org/">b</a><a href="/logout">c</a>'
        b'<form action="/search"><input name="q"></form>'
    )
    app = Application({"GET /": Answer(status=200, headers=HTML, body=page)})
    start = Step(method="GET", path="/")
    found = app.run(start).explored((start,))
    assert [step.name for step in found] == [
        "GET /about (linked on /)",
        "GET /search (form on /)",
        "GET / (again)",
    ]


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (b'name="image_file"', b"image/png"),
        (b'name="a" accept=".csv"', b"text/csv"),
        (b'name="a"', b"text/plain"),
    ],
)
def test_a_form_sends_a_file_that_its_field_accepts(given: bytes, kind: bytes) -> None:
    form = b'<form method="post" action="/new" enctype="multipart/form-data">'
    page = form + b'<input type="file" %b></form>' % given
    app = Application({"GET /": Answer(status=200, headers=HTML, body=page)})
    app.run(*app.run(Step(method="GET", path="/")).explored((Step(method="GET", path="/"),)))
    sent = next(body for method, _, body in app.asked if method == "POST /new")
    assert b'; filename="' in sent
    assert b"Content-Type: " + kind in sent


def test_a_list_leads_to_a_few_things_of_each_route() -> None:
    links = [f"/notes/{one}" for one in "abcdef"]
    links += [f"/tags/{number}" for number in range(6)]
    links += [f"/icons/{number}.png" for number in range(6)] + ["/about", "/terms"]
    body = "".join(f'<a href="{one}">x</a>' for one in links).encode()
    app = Application({"GET /": Answer(status=200, headers=HTML, body=body)})
    note = Step(method="GET", path="/notes/{slug}", path_values={"slug": "a"})
    page = Step(method="GET", path="/{page}", path_values={"page": "help"})
    steps = (Step(method="GET", path="/"), note, page)
    session = app.run(*steps)
    first = session.explored(steps)
    asked = [one.path for one in first]
    assert asked == [*links[:3], *links[6:9], *links[12:]]
    assert session.explored((*steps, *first)) == ()


def test_json_leads_to_what_no_route_has_reached() -> None:
    listed = {
        "next": "http://localhost:8000/notes?page=2",
        "items": [{"href": "/notes/1", "file": "/etc/passwd"}, {"href": "/notes/2"}],
        "photo": "http://localhost:8000/media/a.png",
        "drawing": "/media/b.svg",
        "rate": {"url": "/rates/EUR"},
        "home_url": "https://example.org/",
    }
    answers = {"GET /notes": answer(listed), "GET /notes/1": answer({"id": 1})}
    steps = (
        Step(method="GET", path="/notes"),
        Step(method="GET", path="/notes/{id}", path_values={"id": hole("id", otherwise=1)}),
        Step(method="GET", path="/rates/{code}", path_values={"code": "string"}),
    )
    found = Application(answers).run(*steps).explored(steps)
    assert [step.name for step in found] == [
        "GET /notes?page=2 (linked on /notes)",
        "GET /media/a.png (linked on /notes)",
        "GET /media/b.svg (linked on /notes)",
        "GET /rates/EUR (linked on /notes)",
    ]


def test_a_path_takes_the_code_of_what_it_names() -> None:
    app = Application({"GET /currencies": answer([{"code": "EUR", "rate": 1}])})
    value = hole("currency", prefix="/convert", otherwise="string")
    convert = Step(method="GET", path="/convert/{currency}", path_values={"currency": value})
    app.run(Step(method="GET", path="/currencies"), convert)
    assert app.asked[1][0] == "GET /convert/EUR"


@pytest.mark.parametrize(
    ("listed", "path"),
    [
        ({"EUR": 1.0, "CHF": 0.94, "JPY": 164.2}, "GET /rates/EUR"),
        ({"page": 1, "kind": "rates", "JPY": 164.2}, "GET /rates/string"),
    ],
)
def test_a_path_takes_a_name_under_which_an_object_lists_it(listed, path) -> None:
    app = Application({"GET /rates": answer(listed)})
    value = hole("code", prefix="/rates", otherwise="string")
    rate = Step(method="GET", path="/rates/{code}", path_values={"code": value})
    app.run(Step(method="GET", path="/rates"), rate)
    assert app.asked[1][0] == path


@pytest.mark.parametrize(
    ("path", "listed", "part"),
    [
        ("/stations", [{"code": "LIS"}, {"code": "OSL"}, {"code": "DEL"}], "code"),
        ("/formats", ["LIS", "OSL", "DEL"], "format"),
        ("/about", {"name": "x", "formats": ["LIS", "OSL", "DEL"]}, "format"),
    ],
)
def test_of_what_is_listed_each_is_asked_for_once(path: str, listed: Json, part: str) -> None:
    app = Application({f"GET {path}": answer(listed)})
    prefix = path if part == "code" else "/export"
    one = Operation(method="GET", path=f"{prefix}/{{{part}}}")
    ways = [step for step in workload(Interface(operations=(one,))) if "{" in step.path]
    session = Session(app.send, "localhost:8000", TokenScheme())
    session.explore((Step(method="GET", path=path), *ways))
    asked = {target for target, _, _ in app.asked}
    assert {f"GET {prefix}/{each}" for each in ("DEL", "LIS", "OSL")} <= asked


def test_a_list_of_one_thing_leads_to_it_once() -> None:
    app = Application({"GET /stations": answer([{"code": "LIS"}])})
    one = Operation(method="GET", path="/stations/{code}")
    session = Session(app.send, "localhost:8000", TokenScheme())
    steps, _ = session.explore(
        (Step(method="GET", path="/stations"), *workload(Interface(operations=(one,))))
    )
    assert not [step.name for step in steps if "earlier" in step.name]


def test_what_takes_away_comes_after_what_pages_lead_to() -> None:
    page = b'<form method="post" action="/new"><input name="title"></form>'
    app = Application(
        {
            "GET /": Answer(status=200, headers=HTML, body=page),
            "POST /new": Answer(status=302, headers={"location": "/notes/1?from=new"}),
        }
    )
    steps = (
        Step(method="GET", path="/"),
        Step(method="GET", path="/notes/1"),
        Step(method="GET", path="/logout", last=True),
    )
    asked, answers = Session(app.send, "localhost:8000", TokenScheme()).explore(steps)
    names = [step.name for step in asked]
    assert names == [one.name for one in answers]
    assert names.index("POST /new (form on /)") < names.index("GET /notes/1?from=new (after /new)")
    assert names[-1] == "GET /logout"


def table(*links: str, form: str = "") -> Answer:
    """A page that leads to others, and may hold a form."""
    body = "".join(f'<a href="{link}">x</a>' for link in links) + form
    return Answer(status=200, headers=HTML, body=body.encode())


def test_a_table_is_asked_for_few_of_its_orders_and_rows_however_many_pages_lead_on() -> None:
    orders = [f"/rows?o={number}" for number in range(20)]
    rows = [f"/rows/{number}/change" for number in range(20)]
    app = Application({"GET /rows": table(*orders[:3], *rows[:3])})
    for number, page in enumerate(orders):
        app.answers[f"GET {page}"] = table(*orders[number:], *rows[number:])
    session = Session(app.send, "localhost:8000", TokenScheme())
    steps, _ = session.explore((Step(method="GET", path="/rows"),))
    asked = [one.path for one in steps if not one.beside]
    assert len([path for path in asked if path in orders]) == 3
    assert len([path for path in asked if path in rows]) == 3


def test_of_pages_that_lead_to_the_login_one_of_each_route_is_read_again() -> None:
    form = '<form method="post" action="/login"><input name="user"></form>'
    app = Application({"GET /login": table(form=form)})
    closed = [*(f"/notes/{number}" for number in range(20)), "/account"]
    for page in closed:
        app.answers[f"GET {page}"] = Answer(status=302, headers={"location": "/login"})
    asked = (Step(method="GET", path=path) for path in ("/login", *closed))
    steps, _ = Session(app.send, "localhost:8000", TokenScheme()).explore(tuple(asked))
    again = [one.path for one in steps if one.variation == "again"]
    assert again == ["/login", "/notes/19", "/account"]


def test_probes_are_sent_as_they_are() -> None:
    app = Application({})
    app.run(
        *custom_steps(
            (CustomRequest(method="PUT", path="/x?y=1", headers=(("A", "b"),), body=b"z"),)
        )
    )
    asked, headers, body = app.asked[0]
    assert (asked, headers["A"], body) == ("PUT /x?y=1", "b", b"z")


def test_multipart_bodies_hold_fields_and_files() -> None:
    kind, body = encode("multipart/form-data", {"title": "x", "file": uploads()[0], "none": None})
    assert kind.startswith("multipart/form-data; boundary=")
    assert b'name="title"\r\n\r\nx\r\n' in body
    assert b'name="file"; filename="note.txt"\r\nContent-Type: text/plain\r\n\r\n' in body
    assert b"none" not in body


def test_fonts_and_pictures_of_style_sheets_are_asked_for() -> None:
    sheet = b"""@import "print.css";
.icon { background: url( '../img/icon.svg' ) }
@font-face { src: url(/static/font.woff2), url(data:font/woff;base64,AA) }
.far { background: url(https://elsewhere.example/far.png) }
"""
    css = Answer(status=200, headers={"content-type": "text/css"}, body=sheet)
    app = Application({"GET /static/css/site.css": css})
    start = Step(method="GET", path="/static/css/site.css")
    found = app.run(start).explored((start,))
    assert [step.path for step in found] == [
        "/static/css/print.css",
        "/static/img/icon.svg",
        "/static/font.woff2",
    ]


@pytest.mark.parametrize(
    ("refusal", "named"),
    [
        (answer({"error": "unknown", "known": ["noise", "parking"]}, 404), ["noise", "parking"]),
        (answer({"detail": "one of ['plain', 'xlsx']"}, 404), ["plain", "xlsx"]),
        (answer({"detail": "kind must be one of: plain, xlsx or ods"}, 400), ["plain"]),
        (Answer(status=400, headers={"content-type": "text/plain"}, body=b"use ('a', 'b')"), ["a"]),
        (answer({"detail": [{"loc": ["query", "other"], "msg": "wrong"}]}, 422), []),
        (answer({"known": ["noise", "parking"]}), []),
    ],
)
def test_values_that_a_refusal_names_are_asked_for(refusal: Answer, named: list[str]) -> None:
    app = Application({"GET /fee?kind=any": refusal, "GET /fee?kind=any&n=2": refusal})
    asked = Step(method="GET", path="/fee", query=(("kind", "any"),))
    more = replace(asked, variation="more", query=(("kind", "any"), ("n", 2)))
    session = Session(app.send, "localhost:8000", TokenScheme())
    steps, _ = session.explore((asked, more))
    found = [one.query[0][1] for one in steps if one.variation.startswith("kind=")]
    assert found[: len(named)] == named
    assert bool(found) is bool(named)
    assert all(one.path == "/fee" for one in steps)


def test_an_application_that_wants_tls_is_asked_as_by_the_proxy_that_ends_it() -> None:
    class Strict(Application):
        def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
            super().send(method, target, headers, body)
            if headers.get("X-Forwarded-Proto") == "https":
                return answer({})
            return Answer(status=301, headers={"location": f"https://localhost:8000{target}"})

    app = Strict({})
    steps = Step(method="GET", path="/notes", query=(("n", 1),)), CREATE
    session = Session(app.send, "localhost:8000", TokenScheme())
    assert [one.answer.status for one in session.exchanges(steps)] == [200, 200]
    assert [one for one, *_ in app.asked] == ["GET /notes?n=1"] * 2 + ["POST /notes"]
    assert app.asked[-1][1]["Origin"] == "https://localhost:8000"


def test_what_fails_with_texts_is_sent_once_more_with_numbers() -> None:
    app = Application({"POST /predict": Answer(status=500), "POST /sum": Answer(status=400)})
    form = Payload(media_type="application/x-www-form-urlencoded", value={"age": "x", "n": "5"})
    asked = (
        Step(method="POST", path="/predict", payload=form),
        Step(
            method="POST",
            path="/sum",
            payload=Payload(media_type="application/json", value={"a": "x"}),
        ),
        Step(method="POST", path="/works", payload=form),
        Step(
            method="POST",
            path="/sum",
            payload=Payload(media_type="application/json", value={"a": 1}),
        ),
    )
    session = Session(app.send, "localhost:8000", TokenScheme())
    steps, _ = session.explore(asked)
    found = {
        one.name: one.payload and one.payload.value for one in steps if "numbers" in one.variation
    }
    assert found == {
        "POST /predict (with numbers)": {"age": "2", "n": "5"},
        "POST /sum (with numbers)": {"a": 2},
    }


def test_a_search_is_for_what_things_are_called_and_no_id_stands_for_another_text() -> None:
    rows = (
        b'[{"id": 1, "name": "saw", "kind": "tool"}, {"id": 2, "name": "tape", "kind": "supply"}]'
    )
    app = Application({"GET /items": Answer(status=200, headers=JSON, body=rows)})
    query = tuple(
        (name, Remembered(name=name, prefix="/items", otherwise="none", exact=True))
        for name in ("q", "kind", "order")
    )
    one = Step(method="GET", path="/items")
    app.run(one, Step(method="GET", path="/items", query=query))
    assert app.asked[-1][0] == "GET /items?q=tape&kind=supply&order=none"


def test_what_is_stored_is_asked_for_after_that_and_tags_of_other_versions_are_sent() -> None:
    class Shelf(Application):
        stored = False

        def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
            super().send(method, target, headers, body)
            self.stored = self.stored or method == "PUT"
            return (
                Answer(status=200, headers={"etag": '"1"'}) if self.stored else Answer(status=404)
            )

    app = Shelf({})
    read = Step(method="GET", path="/blobs/{name}", path_values={"name": "one"})
    absent = replace(read, variation="absent", path_values={"name": "none"})
    write = replace(read, method="PUT")
    steps, _ = Session(app.send, "localhost:8000", TokenScheme()).explore((read, absent, write))
    own = [one.name for one in steps if not one.beside]
    assert own == [
        "GET /blobs/{name}",
        "GET /blobs/{name} (absent)",
        "PUT /blobs/{name}",
        "GET /blobs/{name} (after it was stored)",
        "PUT /blobs/{name} (tag of another version)",
    ]
    tags = [headers.get("If-Match") for asked, headers, _ in app.asked if asked.startswith("PUT")]
    assert tags == [None, '"another"']
