"""What the source of a handler tells of the requests that it takes."""

from __future__ import annotations

import ast
import importlib.util
import json
import types
from typing import Any

import pytest

from jettison.verify.inside import constants, handlers, parts
from jettison.verify.workload import Interface
from jettison.verify.workload.plan import workload
from jettison.verify.workload.routes import route_operations

# only read, never called
TEXT = """
import enum
import re
import types

def from_json(request):
    data = request.get_json() or {}
    if "owner" not in data:
        return None
    return data["title"], data.get("pages", 1), float(data["price"]), sum(data["numbers"])

async def from_form(request):
    form = await request.form()
    return form["title"]

def from_text(request):
    return json.loads(request.body)["title"]

async def as_it_comes(request):
    return len(await request.body())

def from_query(request):
    return request.args.get("page", type=int), request.args["q"]

def with_file(request):
    return request.POST["title"], request.FILES["photo"]

async def in_parts(request):
    reader = await request.multipart()
    part = await reader.next()
    if part is None or part.name != "photo":
        raise ValueError
    return await part.read()

async def each_part(request):
    async for part in await request.multipart():
        if part.name == "photo":
            return await part.read()

async def file_of_form(request):
    form = await request.form()
    photo = form["photo"]
    return form["title"], photo.filename

def whole(request):
    return jsonify(request.get_json())

def other(request):
    return requests.get("http://example.org").json()["title"], {}.get("x")

FORMATS = {"csv": 1, "pdf": 2}

def by_text(request, order):
    kind = request.args.get("kind", "").lower()
    if kind == "long" or kind in ("short", "mixed"):
        return FORMATS[request.args["format"]]
    return {"up": 1, "down": 2}.get(order)

def by_model(note: object, mode: str = ""):
    if note.colour != "red" and mode in FORMATS:
        return None

def by_module(request):
    name = request.args.get("name")
    return string.TABLE[name] if name in string.TABLE else None

def by_header(request):
    version = request.headers.get("X-Version", "1")
    return version == "2" or "zstd" in request.headers["Accept-Encoding"].lower()

async def by_protocol(socket):
    await socket.accept(subprotocol="v1" if "v1" in socket.scope["subprotocols"] else None)

class Speed(str, enum.Enum):
    slow = "slow"
    fast = "fast"

HOURS = {Speed.slow: 48, Speed.fast: 4}

def by_member(speed: Speed):
    return HOURS[speed]

STEPS = [(100, "a"), (50, "b")]
LEAST = 3

def priced(amount, currency="EUR"):
    for least, share in STEPS:
        if amount >= least:
            return share
    return currency == "CHF"

def by_number(amount: int, currency: str, page: int = 1):
    if page > LEAST:
        return None
    return priced(int(amount), currency=currency) or print(amount)

def by_number_of_json(request):
    return request.get_json()["stock"] < 5

def by_length(request):
    title = str(request.get_json().get("title", "")).strip()
    if not 3 <= len(title) <= 2 * 5 or len(request.data) > 64 * 1024:
        return None
    return min(4.0, max(0.5, float(request.get_json()["rating"])))

async def document_of_file(request):
    file = (await request.files).get("songs")
    content = file.read()
    if len(content) > 20_000:
        return None
    given = json.loads(content)
    if "songs" not in given:
        return None
    return [one["title"] for one in given["songs"]], int(given["year"]), given.get("choir")

def table_of_file(request):
    file = request.files["table"]
    if request.content_length > LIMITS.most:
        return None
    for row in csv.DictReader(io.StringIO(file.stream.read().decode("utf-8"))):
        print(row["name"], int(row["amount"]))

def table_of_body(request):
    return [one["name"] for one in csv.DictReader(io.StringIO(request.get_data(as_text=True)))]

class LIMITS:
    most = 2 << 20

def read_of_document(content):
    for number, one in enumerate(json.loads(content)):
        print(number, float(one["price"]), one["meta"]["colour"])

async def handed_on(file: "UploadFile"):
    data = await file.read()
    if file.size > 5 * 1024 * 1024:
        return None
    return read_of_document(data)

def of_falcon(self, req, resp):
    kind = req.get_param("kind", default="")
    return kind in ("tool", "gear"), req.get_param_as_int("limit", max_value=50)

def of_several(request):
    given = request.get_json()
    title, price = str(given.get("title", "")).strip(), given.get("price")
    if len(title) > 40 or not isinstance(price, int):
        return None
    return ZoneInfo(request.args.get("zone", "UTC"))

def of_some(request):
    return {name: one for name, one in request.get_json().items() if name in ("price", "stock")}

def of_each(request):
    data = request.get_json()
    return [data[name] for name in ("depth", "width") if name in data]

def of_each_in_turn(request):
    data = request.get_json()
    for name in ("depth", "width"):
        print(data.get(name))

def sometimes(request):
    data = json.loads(request.body) if request.method == "POST" else {}
    kilos = Decimal(str(data["kilos"]))
    return kilos > 50

def order(request):
    data = request.get_json()
    total = 0
    for line in data["lines"]:
        total += line["price"] * int(line["count"])
    return total, data["to"]

def between(request):
    days = date.fromisoformat(request.args["to"]), datetime.strptime(request.args["on"], "%Y-%m-%d")
    return days, datetime.strptime(request.args["hour"], "%d.%m.%y"), Grade(request.args["grade"])

def by_cookie(request):
    return request.cookies.get("theme", "light") == "dark"

def by_first(request):
    return request.args.get("lang", "en").split("-")[0] in ("en", "de")

class Grade(enum.Enum):
    GOOD = "good"
    POOR = "poor"

def cut(request):
    return request.get_json()["title"][:30]

async def cut_message(socket):
    data = json.loads(await socket.receive_text())
    if data["type"] == "say":
        return data["text"][:10]

def in_language(request):
    return request.accept_languages.best_match(["en", "de", "es"])

def valid(given, also=None):
    if not isinstance(given["text"], str) or len(given["text"]) > 12:
        raise ValueError
    return given.get("author")

async def checked(request, body):
    if "tags" not in body or request.query.get("mode") == "draft":
        raise ValueError
    return valid(body)

async def by_helper(request):
    body = await request.json()
    return await checked(request, body)

def given_body():
    return request.get_json(silent=True) or {}

def by_body_of_helper():
    body = given_body()
    return body["title"], valid(also=1, given=body)

class Lazy:
    def __init__(self, **found):
        self._wrapped = types.SimpleNamespace(**found)

CONFIG, settings = {"most": 7}, Lazy(LARGEST=40)

def by_setting(request):
    args = request.args
    if len(args["name"]) > CONFIG["most"] or args["size"] > settings.LARGEST:
        return None
    if int(request.headers["X-Depth"]) > request.app["settings"]["depth"]:
        return None
    return args["page"] > current_app.config.get("PAGES", 1)

class UniqueValidator: ...

class Field:
    def __init__(self, required=True, choices=(), read_only=False, validators=()):
        self.required, self.choices, self.read_only = required, choices, read_only
        self.validators = validators

class EmailField(Field): ...
class ImageField(Field): ...

class Serializer:
    _declared_fields = {}
    def __init__(self, data=None):
        self.fields = {
            "id": Field(read_only=True), "email": EmailField(validators=[UniqueValidator()]),
            "size": Field(False, [("s", "small"), ("l", "large")]),
        }

    def validate_size(self, value):
        if value not in SIZES:
            raise ValueError
        return value

    def validate(self, data):
        if len(data["email"]) > 30 or data["size"] == "xl":
            raise ValueError
        return data

SIZES = ("s", "m")

class Form:
    base_fields = {"title": Field(), "photo": ImageField(False)}
    def __init__(self, *given): ...

class Model:
    @classmethod
    def model_json_schema(cls):
        size = {"enum": ["s", "l"], "type": "string"}
        fields = {"title": {"type": "string"}, "sizes": {"items": {"$ref": "#/$defs/Size"}}}
        return {"properties": fields, "required": ["title"], "$defs": {"Size": size}}

def by_serializer(request):
    form = Serializer(data=request.data)
    return form.is_valid()

def by_form(request):
    return Form(request.POST, request.FILES)

def by_loading(request):
    schema = Serializer()
    return schema.load(request.get_json())

def by_model_of_body(request):
    return Model(**request.get_json())

def by_valid_model(request):
    return Model.model_validate(request.json)

async def chat(room, socket):
    await socket.accept()
    while True:
        text = await socket.receive_text()
        if text.strip().lower() == "bye":
            return
        if text.startswith("/nick "):
            continue
        said = json.loads(text)
        if said["type"] in ("join", "leave"):
            await socket.send_text(said.get("room", ""))

async def counting(socket):
    async for message in socket.iter_json():
        await socket.send_json(int(message["count"]) + 1)

async def silent(socket):
    print(await socket.receive_text())

async def packed(request):
    socket = web.WebSocketResponse()
    async for message in socket:
        if message.type == WSMsgType.BINARY:
            await socket.send_bytes(message.data[::-1])
        elif message.data == "bye":
            await socket.close()

async def bytes_alone(socket):
    await socket.send_bytes(await socket.receive_bytes())

async def any_parts(request):
    async for part in await request.multipart():
        print(await part.read())

def by_own_header(request):
    if not verify(request.headers.get("X-Signature", "")):
        return None
    return int(request.headers.get("Last-Event-ID", 0)), request.headers["User-Agent"]

def by_beginning(request):
    after = request.args.get("next", "")
    return after if after.startswith("/") and not after.startswith("//") else "/"

def by_scheme(request):
    return request.args.get("to", "").startswith(("http://", "https://"))

NAMES = re.compile("[a-z]+")

def by_pattern(request):
    name = request.match_info["name"]
    return NAMES.fullmatch(name)

def by_either(request):
    return request.values.get("unit", "kg")

def by_local_limit(request):
    body = request.get_json()
    limit = 2 * 3
    title = body.get("title", "") if isinstance(body, dict) else str(body)
    if len(title.encode()) > limit:
        raise ValueError

class Chat:
    def on_message(self, message):
        if message == "quit":
            self.close(4000)

class View:
    def post(self):
        return self.request.query["page"]
"""


@pytest.fixture(scope="module")
def handler(tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("handlers") / "views.py"
    path.write_text(TEXT)
    spec = importlib.util.spec_from_file_location("views", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_fields_of_a_json_body_have_the_types_that_are_made_of_them(handler: Any) -> None:
    kind, schema = handlers.takes(handler.from_json, "POST")["body"]
    assert kind == "application/json"
    assert {name: one["type"] for name, one in schema["properties"].items()} == {
        "owner": "string", "title": "string", "pages": "integer", "price": "number",
        "numbers": "array",
    }  # fmt: skip
    assert schema["required"] == ["owner", "title", "price", "numbers"]


def test_a_body_that_is_read_as_it_comes_is_a_file(handler: Any) -> None:
    kind, schema = handlers.takes(handler.as_it_comes, "POST")["body"]
    assert kind == "application/octet-stream"
    assert schema["format"] == "binary"


SERIALIZED = {
    "email": {"type": "string", "format": "email", "unique": True},
    "size": {"enum": ["s", "l"]},
}
MODELLED = {
    "title": {"type": "string"},
    "sizes": {"items": {"enum": ["s", "l"], "type": "string"}},
}
PHOTO = {"type": "string", "format": "binary", "contentMediaType": "image/*"}
FORM = {"title": {"type": "string"}, "photo": PHOTO}


@pytest.mark.parametrize(
    ("name", "kind", "fields", "required"),
    [
        ("by_serializer", "application/json", SERIALIZED, ["email"]),
        ("by_loading", "application/json", SERIALIZED, ["email"]),
        ("by_form", "multipart/form-data", FORM, ["title"]),
        ("by_model_of_body", "application/json", MODELLED, ["title"]),
        ("by_valid_model", "application/json", MODELLED, ["title"]),
    ],
)
def test_a_model_that_is_made_of_the_request_tells_its_fields(
    name: str, kind: str, fields: dict[str, Any], required: list[str], handler: Any
) -> None:
    media_type, schema = handlers.takes(getattr(handler, name), "POST")["body"]
    assert media_type == kind
    assert schema["properties"] == fields
    assert schema["required"] == required


def test_what_a_serializer_checks_is_found(handler: Any) -> None:
    compared = handlers.takes(handler.by_serializer, "POST")["compared"]
    assert compared["size"] == ["xl", "m", "s"]
    assert {*map(len, compared["email"])} == {29, 30, 31}
    assert handlers.checked(handler.Serializer)["compared"] == compared


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        (
            "chat",
            ['{"type": "hello", "room": "hello"}', '{"type": "join", "room": "hello"}',
             '{"type": "leave", "room": "hello"}', "hello", "bye", "/nick hello"],
        ),
        ("counting", ['{"count": 1}', "hello", '{"count": 1}']),
        ("Chat", ["hello", "quit"]),
        ("packed", ["\0hello", "hello", "bye"]),
        ("bytes_alone", ["\0hello"]),
    ],
)  # fmt: skip
def test_a_client_of_a_web_socket_says_what_the_handler_reads(
    name: str, lines: list[str], handler: Any
) -> None:
    _, schema = handlers.takes(getattr(handler, name), "WEBSOCKET")["body"]
    assert schema["enum"][0].splitlines() == lines
    assert "body" not in handlers.takes(handler.silent, "WEBSOCKET")


def test_a_decorator_of_a_distribution_is_looked_through(handler: Any) -> None:
    text = "def allowed(function):\n    return lambda *given: function(*given)\n"
    names: dict[str, Any] = {}
    exec(compile(text, "/usr/lib/python3/site-packages/framework/views.py", "exec"), names)
    kind, schema = handlers.takes(names["allowed"](handler.from_json), "POST")["body"]
    assert (kind, "title" in schema["properties"]) == ("application/json", True)


@pytest.mark.parametrize(
    ("name", "kind", "fields"),
    [
        ("from_form", "application/x-www-form-urlencoded", ["title"]),
        ("from_text", "application/json", ["title"]),
        ("with_file", "multipart/form-data", ["title", "photo"]),
        ("in_parts", "multipart/form-data", ["photo"]),
        ("each_part", "multipart/form-data", ["photo"]),
        ("any_parts", "multipart/form-data", ["file"]),
        ("file_of_form", "multipart/form-data", ["photo", "title"]),
        ("whole", "application/json", []),
    ],
)
def test_the_kind_of_a_body_is_that_which_is_read(
    name: str, kind: str, fields: list[str], handler: Any
) -> None:
    media_type, schema = handlers.takes(getattr(handler, name), "POST")["body"]
    assert (media_type, list(schema["properties"])) == (kind, fields)


def test_a_query_tells_what_it_cannot_do_without(handler: Any) -> None:
    found = handlers.takes(handler.from_query, "GET")
    assert list(found) == ["query"]
    assert found["query"]["required"] == ["q"]
    assert found["query"]["properties"]["page"] == {"type": "integer"}


def test_what_is_not_of_the_request_says_nothing(handler: Any) -> None:
    assert handlers.takes(handler.other, "POST") == {}
    assert handlers.takes(len, "POST") == {}


def test_headers_and_protocols_are_compared_with_texts(handler: Any) -> None:
    found = handlers.takes(handler.by_header, "GET")["compared"]
    assert found == {"header X-Version": ["2"], "header Accept-Encoding": ["zstd"]}
    (told,) = handlers.route("/chat", ["WEBSOCKET"], handler.by_protocol)["reads"].values()
    assert told["compared"] == {"header Sec-WebSocket-Protocol": ["v1"]}


def test_a_header_that_only_the_application_knows_is_sent(handler: Any) -> None:
    found = handlers.takes(handler.by_own_header, "GET")["compared"]
    assert found == {"header X-Signature": ["hello"], "header Last-Event-ID": ["1"]}


def test_a_text_that_a_field_begins_with_is_sent_with_more_behind_it(handler: Any) -> None:
    found = handlers.takes(handler.by_beginning, "GET")["compared"]
    assert found == {"next": ["/hello", "//hello"]}
    # resolving a name takes longer with one C library than with another
    found = handlers.takes(handler.by_scheme, "GET")["compared"]
    assert found == {"to": ["http://127.0.0.1:9/hello", "https://127.0.0.1:9/hello"]}


def test_a_part_of_the_path_that_a_pattern_has_to_fit_is_also_sent_so_that_it_may_not(
    handler: Any,
) -> None:
    found = handlers.takes(handler.by_pattern, "GET")
    assert found == {"compared": {"name": ["HELLO", "hello hello"]}}


def test_what_is_read_of_query_or_form_is_the_query_where_there_is_no_form(handler: Any) -> None:
    assert "unit" in handlers.takes(handler.by_either, "GET")["query"]["properties"]
    assert "unit" in handlers.takes(handler.by_either, "POST")["body"][1]["properties"]


def test_a_bound_that_a_local_name_stands_for_is_found(handler: Any) -> None:
    found = handlers.takes(handler.by_local_limit, "POST")["compared"]
    assert found == {"title": ["x" * 5, "x" * 6, "x" * 7]}


def test_a_class_is_read_method_by_method(handler: Any) -> None:
    found = handlers.route("/x", ["GET", "POST"], handler.View)
    assert set(found["reads"]) == {"POST"}
    assert "page" in found["reads"]["POST"]["query"]["properties"]


def test_texts_that_a_module_holds_are_found(handler: Any) -> None:
    handler.string = types.ModuleType("string")
    handler.string.TABLE = {"euro": 1, "franc": 2}
    compared = handlers.takes(handler.by_module, "GET")["compared"]
    assert compared == {"name": ["euro", "franc"]}


def test_members_of_an_enumeration_are_told_as_plain_texts(handler: Any) -> None:
    found = handlers.takes(handler.by_member, "GET")["compared"]
    assert ast.literal_eval(ascii(found)) == {"speed": ["fast", "slow"]}


def test_numbers_are_found_also_in_functions_that_fields_are_handed_to(handler: Any) -> None:
    assert handlers.takes(handler.by_number, "GET")["compared"] == {
        "page": [2, 3, 4], "amount": [99, 100, 101, 49, 50, 51], "currency": ["CHF"],
    }  # fmt: skip
    found = handlers.takes(handler.by_number_of_json, "POST")
    assert found["body"][1]["properties"] == {"stock": {"type": "integer"}}
    assert found["compared"] == {"stock": [4, 5, 6]}


def test_what_functions_read_that_are_handed_the_request_or_its_body_is_found(handler: Any) -> None:
    found = handlers.takes(handler.by_helper, "POST")
    assert found["body"][0] == "application/json"
    assert list(found["body"][1]["properties"]) == ["tags", "text", "author"]
    assert found["body"][1]["required"] == ["tags", "text"]
    assert list(found["query"]["properties"]) == ["mode"]
    assert [len(one) for one in found["compared"]["text"]] == [11, 12, 13]
    assert found["compared"]["mode"] == ["draft"]
    found = handlers.takes(handler.by_body_of_helper, "POST")
    assert list(found["body"][1]["properties"]) == ["title", "text", "author"]


def test_bounds_that_settings_hold_are_found(handler: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Config(dict[str, int]):
        pass

    state = {"settings": {"depth": 20}}
    current = types.SimpleNamespace(config=Config(PAGES=9), _state=state)
    monkeypatch.setitem(constants.CURRENT, "current_app", current)
    found = handlers.takes(handler.by_setting, "GET")["compared"]
    assert [len(one) for one in found["name"]] == [6, 7, 8]
    assert (found["size"], found["page"]) == ([39, 40, 41], [8, 9, 10])
    assert found["header X-Depth"] == [19, 20, 21]


def test_lengths_and_bounds_of_fields_are_found(handler: Any) -> None:
    found = handlers.takes(handler.by_length, "POST")
    lengths = [len(one) for one in found["compared"]["title"]]
    assert (lengths, found["compared"]["rating"]) == ([2, 3, 4, 9, 10, 11], [3, 4, 5])
    assert found["body"][1]["properties"]["rating"] == {"type": "number"}


def test_texts_that_parameters_are_compared_with_are_found(handler: Any) -> None:
    assert handlers.takes(handler.by_text, "GET")["compared"] == {
        "kind": ["long", "short", "mixed"], "format": ["csv", "pdf"], "order": ["up", "down"],
    }  # fmt: skip
    compared = handlers.takes(handler.by_model, "POST")["compared"]
    assert compared == {"colour": ["red"], "mode": ["csv", "pdf"]}


def test_keys_of_documents_in_files_are_found_with_their_types(handler: Any) -> None:
    found = handlers.takes(handler.document_of_file, "POST")
    (kind, schema) = found["documents"]["songs"]
    assert (kind, schema["required"]) == ("document", ["songs", "year"])
    assert schema["properties"]["year"] == {"type": "integer"}
    assert schema["properties"]["choir"] == {"type": "string"}
    assert schema["properties"]["songs"]["items"]["required"] == ["title"]
    assert list(found["body"][1]["properties"]) == ["songs"]
    handed = handlers.takes(handler.handed_on, "POST")["documents"]["file"][1]
    assert handed["items"]["properties"] == {
        "price": {"type": "number"},
        "meta": {
            "type": "object", "properties": {"colour": {"type": "string"}}, "required": ["colour"],
        },
    }  # fmt: skip


def test_columns_of_tables_in_files_and_bodies_are_found(handler: Any) -> None:
    kind, schema = handlers.takes(handler.table_of_file, "POST")["documents"]["table"]
    assert (kind, schema["items"]["required"]) == ("table", ["name", "amount"])
    found = handlers.takes(handler.table_of_body, "POST")
    assert found["documents"][""][1]["items"]["required"] == ["name"]
    assert found["body"][0] == "application/octet-stream"


def test_bounds_of_the_size_of_files_and_bodies_are_found(handler: Any) -> None:
    assert handlers.takes(handler.document_of_file, "POST")["sizes"] == {"songs": [20_000]}
    assert handlers.takes(handler.table_of_file, "POST")["sizes"] == {"": [2 << 20]}
    assert handlers.takes(handler.handed_on, "POST")["sizes"] == {"file": [5 << 20]}


def test_parameters_that_falcon_gives_by_methods_are_found(handler: Any) -> None:
    found = handlers.takes(handler.of_falcon, "GET")
    assert found["query"]["properties"] == {
        "kind": {"type": "string"}, "limit": {"type": "integer"},
    }  # fmt: skip
    assert found["compared"] == {"kind": ["tool", "gear"]}


def test_several_names_are_given_at_once_and_types_are_asked_for(handler: Any) -> None:
    found = handlers.takes(handler.of_several, "POST")
    assert found["body"][1]["properties"] == {
        "title": {"type": "string"}, "price": {"type": "integer"},
    }  # fmt: skip
    assert [len(one) for one in found["compared"]["title"]] == [39, 40, 41]
    assert found["compared"]["zone"] == ["Europe/Berlin", "Asia/Tokyo"]


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("of_some", ["price", "stock"]),
        ("of_each_in_turn", ["depth", "width"]),
        ("of_each", ["depth", "width"]),
    ],
)
def test_fields_that_a_loop_takes_are_found(name: str, fields: list[str], handler: Any) -> None:
    found = handlers.takes(getattr(handler, name), "POST")
    assert list(found["body"][1]["properties"]) == fields


def test_languages_among_which_a_handler_chooses_are_found(handler: Any) -> None:
    found = handlers.takes(handler.in_language, "GET")
    assert found["compared"] == {"header Accept-Language": ["en", "de", "es"]}


def test_a_body_may_be_read_only_sometimes(handler: Any) -> None:
    found = handlers.takes(handler.sometimes, "POST")
    assert list(found["body"][1]["properties"]) == ["kilos"]
    assert found["compared"]["kilos"] == [49, 50, 51]


def test_what_is_cut_is_also_sent_a_letter_longer(handler: Any) -> None:
    assert handlers.takes(handler.cut, "POST")["compared"] == {"title": ["x" * 31]}
    _, said = handlers.takes(handler.cut_message, parts.METHOD)["body"]
    lines = [json.loads(one) for one in said["enum"][0].splitlines() if one.startswith("{")]
    assert {"type": "say", "text": "x" * 11} in lines


def test_the_objects_of_a_list_are_described(handler: Any) -> None:
    _, body = handlers.takes(handler.order, "POST")["body"]
    row = body["properties"]["lines"]["items"]
    kinds = {name: one["type"] for name, one in row["properties"].items()}
    assert kinds == {"price": "number", "count": "integer"}
    assert list(body["properties"]) == ["lines", "to"]


def test_times_and_members_of_enumerations_are_told_by_what_reads_them(handler: Any) -> None:
    found = handlers.takes(handler.between, "GET")
    forms = {name: one.get("format") for name, one in found["query"]["properties"].items()}
    assert forms == {"to": "date", "on": "date", "hour": None, "grade": None}
    assert found["compared"] == {"hour": ["17.05.24"], "grade": ["good", "poor"]}


def test_the_first_part_of_a_text_is_compared_too(handler: Any) -> None:
    assert handlers.takes(handler.by_first, "GET")["compared"] == {"lang": ["en", "de"]}


def test_a_cookie_is_sent_with_what_it_is_compared_with(handler: Any) -> None:
    found = handlers.takes(handler.by_cookie, "GET")
    assert found["compared"] == {"header Cookie: theme": ["dark"]}
    route = {"path": "/", "methods": ["GET"], "reads": {"GET": found}}
    steps = workload(Interface(operations=route_operations([route])))
    assert ("Cookie", "theme=dark") in {pair for step in steps for pair in step.headers}
