from typing import Any

from jettison.verify.workload import Interface, Place, TokenScheme
from jettison.verify.workload.openapi import interface
from jettison.verify.workload.routes import join, join_documents, placed, route_operations

DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "paths": {
        "/notes": {
            "post": {
                "security": [{"bearer": []}],
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Note"}}
                    },
                },
            },
            "get": {"parameters": [{"name": "q", "in": "query", "schema": {"type": "string"}}]},
        },
        "/notes/{id}": {
            "parameters": [
                {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
            ],
            "get": {},
        },
    },
    "components": {
        "schemas": {
            "Note": {
                "type": "object",
                "properties": {
                    "title": {"type": "string"},
                    "parent": {"$ref": "#/components/schemas/Note"},
                },
            }
        },
        "securitySchemes": {
            "bearer": {"type": "oauth2", "flows": {"password": {"tokenUrl": "/login"}}}
        },
    },
}


def test_operations_have_parameters_bodies_and_security() -> None:
    create, listing, one = interface(DOCUMENT).operations
    assert (create.method, create.path, create.secured) == ("POST", "/notes", True)
    assert create.body is not None
    assert create.body.properties["title"] == {"type": "string"}
    assert [(p.name, p.place, p.required) for p in listing.parameters] == [
        ("q", Place.QUERY, False)
    ]
    assert one.parameters[0].schema == {"type": "integer"}
    assert interface(DOCUMENT).token_paths == ("/login",)


def test_a_token_goes_where_the_scheme_says() -> None:
    def scheme(declared: dict[str, Any]) -> TokenScheme:
        return interface({"components": {"securitySchemes": {"x": declared}}}).token_scheme

    in_header = {"type": "apiKey", "in": "header"}
    assert scheme({"type": "http", "scheme": "bearer"}) == TokenScheme()
    assert scheme({**in_header, "name": "Authorization"}) == TokenScheme(prefix="Token ")
    assert scheme({**in_header, "name": "X-Key"}) == TokenScheme(header="X-Key", prefix="")


def test_swagger_2_is_read_too() -> None:
    document = {
        "swagger": "2.0",
        "basePath": "/api",
        "paths": {
            "/pets": {
                "post": {
                    "consumes": ["multipart/form-data"],
                    "parameters": [
                        {"name": "photo", "in": "formData", "type": "file", "required": True}
                    ],
                },
                "put": {
                    "parameters": [
                        {"name": "b", "in": "body", "schema": {"$ref": "#/definitions/Pet"}}
                    ]
                },
            }
        },
        "definitions": {"Pet": {"properties": {"name": {"type": "string"}}}},
    }
    create, update = interface(document).operations
    assert create.path == "/api/pets"
    assert create.body is not None
    assert create.body.media_type == "multipart/form-data"
    assert update.body is not None
    assert list(update.body.properties) == ["name"]


def test_nonsense_gives_nothing_and_does_not_fail() -> None:
    assert interface({}).operations == ()
    assert interface({"paths": {"/x": {"get": 3}}}).operations == ()


def test_routes_of_any_router_become_operations() -> None:
    found = route_operations(
        [
            {"path": "/items/<int:id>", "methods": ["GET", "HEAD", "OPTIONS"]},
            {"path": "/files/{name:path}", "methods": ["GET"]},
            {"path": "plain/", "methods": ["POST"]},
        ]
    )
    assert [(one.method, one.path) for one in found] == [
        ("GET", "/items/{id}"),
        ("GET", "/files/{name}"),
        ("POST", "/plain/"),
    ]
    assert found[0].parameters[0].schema == {"type": "integer"}


def test_what_a_handler_reads_is_sent_without_being_documented() -> None:
    number = {"type": "integer"}
    query = {"type": "object", "properties": {"page": number}, "required": ["page"]}
    body = ("application/json", {"type": "object", "properties": {"title": {"type": "string"}}})
    reads = {"POST": {"query": query, "body": body}}
    get, post = route_operations([{"path": "/x", "methods": ["GET", "POST"], "reads": reads}])
    assert (get.body, get.parameters) == (None, ())
    assert post.body
    assert (post.body.media_type, list(post.body.properties)) == ("application/json", ["title"])
    assert [(one.name, one.required) for one in post.parameters] == [("page", True)]


def test_a_prefix_that_only_a_proxy_knows_is_left_out() -> None:
    document = {"servers": [{"url": "/shop"}], "paths": {"/notes/{id}": {"get": {}}}}
    bare = route_operations([{"path": "/notes/{n}", "methods": ["GET"]}])
    whole = route_operations([{"path": "/shop/notes/{n}", "methods": ["GET"]}])
    for routed, path in ((bare, "/notes/{id}"), (whole, "/shop/notes/{id}")):
        assert [one.path for one in placed(document, routed).operations] == [path]
    assert [one.path for one in placed(document, ()).operations] == ["/shop/notes/{id}"]


def test_documents_of_one_application_are_joined() -> None:
    mounted = interface({"basePath": "/inner", "paths": {"/deep": {"get": {}}}})
    paths = [one.path for one in join_documents(interface(DOCUMENT), mounted).operations]
    assert paths == ["/notes", "/notes", "/notes/{id}", "/inner/deep"]
    assert join_documents(Interface(), mounted) is mounted


def test_a_query_that_only_the_source_tells_is_added_to_a_documented_route() -> None:
    query = {"type": "object", "properties": {"as": {"type": "string"}}, "required": []}
    routed = [{"path": "/notes/<n>", "methods": ["GET"], "reads": {"GET": {"query": query}}}]
    found = join(interface(DOCUMENT), route_operations(routed)).operations
    (own,) = (one for one in found if one.path == "/notes/{id}")
    assert [one.name for one in own.parameters] == ["id", "as"]


def test_only_routes_that_are_not_documented_are_added() -> None:
    routed = route_operations(
        [{"path": "/notes/<note>", "methods": ["GET"]}, {"path": "/hidden", "methods": ["GET"]}]
    )
    paths = [one.path for one in join(interface(DOCUMENT), routed).operations]
    assert paths == ["/notes", "/notes", "/notes/{id}", "/hidden"]
