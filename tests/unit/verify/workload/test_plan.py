import json
from typing import Any

from msgspec.structs import replace

from jettison.verify.workload import Body, Interface, Operation, Parameter, Place, find_account
from jettison.verify.workload.plan import MOST_FILES, workload
from jettison.verify.workload.routes import join, route_operations
from jettison.verify.workload.sample import uploads
from jettison.verify.workload.step import LONG, NO_METHOD, NO_PAGE, NO_SLASH, Remembered


def operation(
    text: str, fields: dict[str, Any] | None = None, *, secured: bool = False
) -> Operation:
    method, path = text.split()
    schema = {"type": "object", "properties": fields or {}, "required": list(fields or {})}
    body = Body(media_type="application/json", schema=schema) if fields else None
    return Operation(method=method, path=path, body=body, secured=secured)


TEXT = {"type": "string"}
LOGIN = operation("POST /auth/login", {"username": TEXT, "password": TEXT})
SIGN_UP = operation("POST /auth/register", {"username": TEXT, "password": TEXT})
RESET = operation("POST /auth/reset", {"username": TEXT, "password": TEXT})


def names(*operations: Operation) -> list[str]:
    return [step.name for step in workload(Interface(operations=operations))]


def test_sign_up_and_login_are_told_from_other_uses_of_passwords() -> None:
    account = find_account(Interface(operations=(RESET, LOGIN, SIGN_UP)))
    assert account.sign_up is SIGN_UP
    assert account.login is LOGIN


def test_a_token_url_is_a_login_whatever_its_path() -> None:
    odd = operation("POST /enter", {"username": TEXT, "password": TEXT})
    found = find_account(Interface(operations=(odd,), token_paths=("/enter",)))
    assert found.login is odd


def test_without_an_account_comes_before_with_one() -> None:
    order = names(operation("GET /notes", secured=True), LOGIN, SIGN_UP)
    assert order[:9] == [
        "GET /notes (without account)",
        "GET /notes (no token)",
        "POST /auth/register (sign-up)",
        "POST /auth/register (sign-up again)",
        "POST /auth/register (sign-up in capitals)",
        "POST /auth/login (login in capitals)",
        "POST /auth/login (login, another password)",
        "POST /auth/login (login)",
        "GET /notes",
    ]


def test_names_in_capitals_and_another_password_are_tried_without_signing_in() -> None:
    steps = {one.variation: one for one in workload(Interface(operations=(LOGIN, SIGN_UP)))}
    usual, capitals, wrong = (
        steps[name] for name in ("login", "login in capitals", "login, another password")
    )
    values = [one.payload.value for one in (usual, capitals, wrong) if one.payload]
    assert values[1] == {**values[0], "username": values[0]["username"].upper()}
    assert values[2]["username"] == values[0]["username"]
    assert values[2]["password"] != values[0]["password"]
    assert [one.signs_in for one in (usual, capitals, wrong)] == [True, False, False]


def test_what_is_created_is_used_before_it_is_taken_away() -> None:
    order = names(
        operation("DELETE /notes/{id}"),
        operation("GET /notes/{id}"),
        operation("POST /auth/revoke"),
        operation("GET /logout"),
        operation("GET /notes"),
        operation("POST /backup/restore"),
        operation("POST /notes", {"title": TEXT}),
        operation("POST /upload/commit"),
    )
    wanted = [
        "POST /notes",
        "POST /upload/commit",
        "GET /notes",
        "GET /notes/{id}",
        "DELETE /notes/{id}",
        "POST /backup/restore",
        "POST /auth/revoke",
        "GET /logout",
    ]
    assert [name for name in order if name in wanted] == wanted


def test_refusals_are_asked_for() -> None:
    order = names(operation("POST /notes", {"title": TEXT}), operation("GET /notes/{id}"))
    assert "POST /notes (empty body)" in order
    assert "GET /notes/{id} (absent)" in order


def test_each_choice_gets_a_request() -> None:
    method = {"type": "string", "enum": ["copy", "vacuum"]}
    order = names(operation("POST /backup", {"method": method}))
    assert "POST /backup (method=vacuum)" in order


def test_every_kind_of_file_is_uploaded_and_read_again() -> None:
    order = names(
        operation("POST /documents", {"file": {"type": "string", "format": "binary"}}),
        operation("GET /documents/{id}/text"),
    )
    assert [f"POST /documents ({upload.name})" for upload in uploads()] == order[:5]
    assert "GET /documents/{id}/text (4 before)" in order


def test_a_picture_is_chosen_with_where_the_schema_asks_for_one() -> None:
    picture = {"type": "string", "format": "binary", "contentMediaType": "image/*"}
    order = names(operation("POST /photos", {"photo": picture, "kind": {"enum": ["a", "b"]}}))
    assert [one for one in order if "kind=" in one] == ["POST /photos (kind=b, photo.png)"]
    assert "POST /photos (note.txt)" in order


def test_what_has_to_be_unique_is_another_text_in_each_request() -> None:
    fields = {"name": {"type": "string", "maxLength": 20, "unique": True}, "text": TEXT}
    one, other = operation("POST /notes", fields), operation("PUT /notes/{id}", fields)
    steps = workload(Interface(operations=(one, other)))
    sent = [
        step.payload.value
        for step in steps
        if step.payload and step.variation in ("", "required only") and step.payload.value
    ]
    assert len({each["name"] for each in sent}) == len(sent) == 3
    assert all(len(each["name"]) <= 20 for each in sent)
    assert len({each["text"] for each in sent if "text" in each}) == 1


def test_the_same_interface_gives_the_same_requests() -> None:
    operations = (LOGIN, SIGN_UP, operation("GET /notes/{id}"))
    assert names(*operations) == names(*operations)


def test_uploads_are_the_same_bytes_every_time() -> None:
    assert uploads() == uploads()
    kinds = {upload.name: upload.content[:4] for upload in uploads()}
    assert kinds["note.pdf"] == b"%PDF"
    assert kinds["photo.png"] == b"\x89PNG"
    assert kinds["letter.docx"] == b"PK\x03\x04"


def test_files_are_asked_for_last_and_some_of_every_folder_when_they_are_many() -> None:
    few = workload(Interface(operations=(LOGIN,), files=("/static/a.css",)))
    assert few[-1].name == "GET /static/a.css (file)"
    many = tuple(f"/static/{folder}/{number}" for folder in "abc" for number in range(1000))
    asked = [step.path for step in workload(Interface(files=many))]
    assert len(asked) <= MOST_FILES
    assert {path[8] for path in asked} == set("abc")


def test_texts_of_the_source_are_tried_in_paths_queries_and_bodies() -> None:
    found = route_operations(
        [
            {
                "path": "/export/{kind}",
                "methods": ["POST"],
                "reads": {
                    "POST": {
                        "body": ("application/json", {"properties": {"order": TEXT}}),
                        "query": {"properties": {"page": TEXT}, "required": []},
                        "compared": {"kind": ["csv", "pdf"], "order": ["up"], "page": ["all"]},
                    }
                },
            }
        ]
    )
    said = names(*join(Interface(), found).operations)
    for choice in ("kind=csv", "kind=pdf", "order=up", "page=all"):
        assert f"POST /export/{{kind}} ({choice})" in said
    (step,) = (s for s in workload(Interface(operations=found)) if s.variation == "kind=pdf")
    assert step.path_values == {"kind": "pdf"}


def test_texts_of_the_source_are_tried_for_documented_operations_too() -> None:
    documented = Interface(operations=(operation("POST /notes", {"colour": TEXT}),))
    routed = Operation(method="POST", path="/notes", compared={"colour": ("red",)})
    assert "POST /notes (colour=red)" in names(*join(documented, [routed]).operations)


def test_headers_have_the_values_that_documents_list_and_sources_compare_them_with() -> None:
    listed = Parameter(
        name="X-Mode", place=Place.HEADER, required=False, schema={"enum": ["fast", "safe"]}
    )
    compared = {"header X-Version": ("2",)}
    one = Operation(method="GET", path="/notes", parameters=(listed,), compared=compared)
    found = {step.variation: dict(step.headers) for step in workload(Interface(operations=(one,)))}
    assert found["X-Mode=safe"] == {"X-Mode": "safe"}
    assert found["X-Version=2"] == {"X-Version": "2"}


def test_what_is_not_there_and_not_allowed_is_asked_for() -> None:
    routes = ("POST /a", "GET /b", "GET /c/{id}", "GET /")
    found = workload(Interface(operations=tuple(map(operation, routes))))
    assert [step.path for step in found if step.variation == NO_SLASH] == ["/b/"]
    assert {step.method for step in found if step.variation == NO_PAGE} == {"GET"}
    assert [len(step.query[0][1]) for step in found if step.variation == LONG] == [3000]
    assert [step.path for step in found if step.variation == NO_METHOD] == ["/"]


def test_every_value_of_an_enumeration_comes_with_every_kind_of_file() -> None:
    kinds = [f"kind {number}" for number in range(9)]
    fields = {"kind": {"enum": kinds}, "file": {"type": "string", "format": "binary"}}
    said = names(operation("POST /files", fields))
    for kind in kinds[1:]:
        for upload in uploads():
            assert f"POST /files (kind={kind}, {upload.name})" in said


def test_parts_of_a_path_that_the_source_compares_go_together() -> None:
    routed = route_operations(
        [
            {
                "path": "/length/{unit}/{wanted}",
                "methods": ["GET"],
                "reads": {"GET": {"compared": {"unit": ["foot", "mile"], "wanted": ["foot"]}}},
            }
        ]
    )
    values = [step.path_values for step in workload(Interface(operations=routed))]
    assert {"unit": "mile", "wanted": "foot"} in values


def test_texts_of_earlier_answers_are_sent_under_their_names_before_anything_is_taken_away() -> (
    None
):
    quote = operation(
        "POST /quote", {"code": TEXT, "password": TEXT, "nights": {"type": "integer"}}
    )
    taken = [operation(f"DELETE /{name}/{{id}}") for name in ("notes", "users")]
    steps = workload(Interface(operations=(*taken, operation("GET /logout"), quote)))
    last = [step for step in steps if step.last]
    assert [step.name for step in last] == [
        "POST /quote (known values)",
        "DELETE /notes/{id}",
        "DELETE /notes/{id} (absent)",
        "DELETE /users/{id}",
        "DELETE /users/{id} (absent)",
        "DELETE /notes/{id} (the oldest)",
        "DELETE /users/{id} (the oldest)",
        "GET /logout",
    ]
    sent = last[0].payload
    assert sent
    assert sent.value["code"] == Remembered(name="code", prefix="", otherwise="sample-one")
    assert not isinstance(sent.value["password"], Remembered)
    assert sent.value["nights"] == 1


def test_what_is_known_is_also_sent_without_what_has_defaults() -> None:
    schema = {"properties": {"code": TEXT, "nights": {"type": "integer"}}, "required": ["code"]}
    body = Body(media_type="application/json", schema={"type": "object", **schema})
    quote = Operation(method="POST", path="/quote", body=body)
    steps = workload(Interface(operations=(quote,)))
    sent = [step.payload.value for step in steps if step.last and step.payload]
    assert [list(one) for one in sent] == [["code", "nights"], ["code"]]
    assert isinstance(sent[1]["code"], Remembered)


def test_what_is_absent_is_taken_away_too() -> None:
    assert "DELETE /notes/{id} (absent)" in names(operation("DELETE /notes/{id}"))


def test_texts_of_a_query_are_combined_with_what_is_known_of_the_others() -> None:
    query = tuple(
        Parameter(name=name, place=Place.QUERY, required=False, schema=schema)
        for name, schema in (("q", TEXT), ("kind", TEXT), ("limit", {"type": "integer"}))
    )
    one = Operation(
        method="GET", path="/items", parameters=query, compared={"kind": ("tool", "gear")}
    )
    steps = {step.name: step for step in workload(Interface(operations=(one,)))}
    known = steps["GET /items (known values)"]
    assert [name for name, _ in known.query] == ["q", "kind"]
    assert all(isinstance(value, Remembered) and value.exact for _, value in known.query)
    chosen = dict(steps["GET /items (known values, kind=gear)"].query)
    assert chosen["kind"] == "gear"
    assert isinstance(chosen["q"], Remembered)


def test_one_text_of_a_query_takes_what_is_known_and_is_not_combined() -> None:
    query = (Parameter(name="q", place=Place.QUERY, required=False, schema=TEXT),)
    found = names(
        Operation(method="GET", path="/items", parameters=query, compared={"q": ("tool",)})
    )
    assert [name for name in found if "known" in name] == ["GET /items (known values)"]


def test_each_kind_of_a_field_gets_a_request() -> None:
    air, sea = ({"type": "object", "properties": {one: TEXT}} for one in ("wing", "hull"))
    schema = {"type": "object", "properties": {"by": {"oneOf": [air, sea, {"type": "null"}]}}}
    body = Body(media_type="application/json", schema=schema)
    steps = workload(Interface(operations=(Operation(method="POST", path="/sent", body=body),)))
    sent = [one.payload.value["by"] for one in steps if one.payload and "by" in one.payload.value]
    assert [*dict.fromkeys(tuple(one) for one in sent)] == [("wing",), ("hull",)]


def test_each_value_that_a_part_of_a_path_may_have_gets_a_request() -> None:
    kinds = {"type": "string", "enum": ["csv", "pdf"]}
    fmt = (Parameter(name="fmt", place=Place.PATH, required=True, schema=kinds),)
    found = names(Operation(method="GET", path="/export/{fmt}", parameters=fmt))
    assert {"GET /export/{fmt} (fmt=csv)", "GET /export/{fmt} (fmt=pdf)"} <= {*found}


def test_documents_and_tables_that_a_handler_reads_are_uploaded_up_to_their_size() -> None:
    schema = {"type": "object", "properties": {"title": TEXT, "year": {"type": "integer"}}}
    one = Operation(
        method="POST",
        path="/import",
        body=Body(
            media_type="multipart/form-data",
            schema={"properties": {"file": {"type": "string", "format": "binary"}}},
        ),
        documents={"file": ("document", {**schema, "required": ["title"]})},
        sizes={"file": (500_000,)},
        compared={"file": ("x" * 20,)},
    )
    sent = {
        step.variation: step.payload.value["file"].sent
        for step in workload(Interface(operations=(one,)))
        if step.payload and "file" in step.payload.value
    }
    assert json.loads(sent["document.json"]).keys() == {"title", "year"}
    assert json.loads(sent["document.json, required only"]).keys() == {"title"}
    assert len(sent["document.json of 500000 bytes"]) == 500_000
    assert json.loads(sent["document.json of 500001 bytes"]) == json.loads(sent["document.json"])
    assert "note.txt of 500001 bytes" in sent
    assert "table.csv of 500001 bytes" not in sent
    # a server may refuse a body that is too large while it is sent, and its response is lost
    whole = names(replace(one, sizes={"": (500_000,)}))
    assert "POST /import (note.txt of 498000 bytes)" in whole
    assert not any("500001" in name for name in whole)
    table = replace(one, documents={"file": ("table", {"type": "array", "items": schema})})
    (rows,) = (
        step.payload.value["file"]
        for step in workload(Interface(operations=(table,)))
        if step.payload and step.variation == "rows.csv"
    )
    assert rows.sent.splitlines()[0] == b"title,year"


def test_who_logs_in_is_named_also_where_no_field_is_required() -> None:
    schema = {"type": "object", "properties": {"username": TEXT, "password": TEXT, "scope": TEXT}}
    body = Body(media_type="application/json", schema=schema)
    login = Operation(method="POST", path="/login", body=body)
    (step,) = (one for one in workload(Interface(operations=(login,))) if one.variation == "login")
    assert step.payload
    assert step.payload.value.keys() == {"username", "password"}


def test_what_is_no_token_and_a_long_password_are_refused() -> None:
    login = replace(LOGIN, sizes={"": (300_000,)})
    secured = (operation("GET /notes", secured=True), operation("GET /tags", secured=True))
    steps = {one.name: one for one in workload(Interface(operations=(login, *secured)))}
    assert steps["GET /notes (no token)"].headers == (("Authorization", "Bearer a.b"),)
    assert "GET /tags (no token)" not in steps
    payload = steps["POST /auth/login (long password)"].payload
    assert payload
    assert len(payload.value["password"]) == 298_000


def test_letters_beyond_ascii_are_sent_where_any_text_may_stand() -> None:
    fields = {"kind": TEXT, "link": {**TEXT, "format": "uri"}, "title": TEXT, "text": TEXT}
    steps = workload(Interface(operations=(operation("POST /notes", fields),)))
    (step,) = (one for one in steps if "other letters" in one.variation)
    assert step.last
    assert step.payload
    assert not step.payload.value["title"].isascii()
    assert step.payload.value["text"].isascii()


def test_a_login_is_told_where_to_lead() -> None:
    there = Parameter(name="next", place=Place.QUERY, required=False, schema=TEXT)
    login = replace(LOGIN, parameters=(there,), compared={"next": ("/hello", "//hello")})
    steps = {one.variation: one for one in workload(Interface(operations=(login,)))}
    assert steps["login, next=//hello"].query == (("next", "//hello"),)
    assert steps["login, next=//hello"].signs_in


def test_a_plain_name_beside_a_password_is_that_of_the_account() -> None:
    sign_up = operation("POST /accounts", {"name": TEXT, "password": TEXT})
    steps = {
        one.variation: one.payload.value
        for one in workload(Interface(operations=(sign_up, LOGIN)))
        if one.payload
    }
    assert steps["sign-up"]["name"] == steps["login"]["username"] == "mara_lindqvist"
    named = operation("POST /register", {"name": TEXT, "email": TEXT, "password": TEXT})
    found = {one.variation: one for one in workload(Interface(operations=(named, LOGIN)))}
    assert found["sign-up"].payload
    assert found["sign-up"].payload.value["name"] != "mara_lindqvist"
    room = operation("POST /rooms", {"name": TEXT, "password": TEXT})
    assert find_account(Interface(operations=(room,))).sign_up is None


def test_who_signs_up_chooses_what_the_source_knows() -> None:
    voiced = operation("POST /auth/register", {"username": TEXT, "password": TEXT, "voice": TEXT})
    one = replace(voiced, compared={"voice": ("alto", "bass"), "password": ("xxx",)})
    steps = {step.variation: step for step in workload(Interface(operations=(one, LOGIN)))}
    payload = steps["sign-up, known values"].payload
    assert payload
    assert payload.value["voice"] == "alto"
    assert payload.value["password"] != "xxx"
    assert "sign-up, known values" not in " ".join(names(SIGN_UP, LOGIN))
