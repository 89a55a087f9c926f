"""A server of gRPC is verified by calls of what it offers."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from tests.support.names import RUN
from tests.support.runners import Runner

from jettison.engines import BuildRequest, Engine
from jettison.engines.finding import EMBEDDED
from jettison.progress import SilentProgress
from jettison.verify import Outcome
from jettison.verify.differential import compare
from jettison.verify.request import VerificationRequest

pytestmark = [pytest.mark.engine, pytest.mark.network]

DOCKERFILE = """\
FROM python:3.13-slim
RUN pip install --no-cache-dir grpcio==1.84.0 protobuf==6.33.6
WORKDIR /app
COPY . .
CMD ["python", "server.py"]
"""

# What protoc writes says the same in bytes that nobody can read.
GENERATED = """\
from google.protobuf import descriptor_pb2, descriptor_pool

file = descriptor_pb2.FileDescriptorProto(name="shop.proto", package="shop", syntax="proto3")
for name, fields in {
    "Item": [("id", 9, 1), ("price", 5, 1)],
    "Items": [("items", 11, 3)],
    "Nothing": [],
}.items():
    message = file.message_type.add(name=name)
    for number, (field, kind, label) in enumerate(fields, 1):
        type_name = ".shop.Item" if kind == 11 else None
        message.field.add(name=field, number=number, type=kind, label=label, type_name=type_name)
service = file.service.add(name="Prices")
for name, given, gives, asks, answers in (
    ("DeleteItem", "Item", "Nothing", False, False),
    ("ListItems", "Nothing", "Items", False, False),
    ("GetItem", "Item", "Item", False, False),
    ("Watch", "Item", "Item", True, True),
):
    one = service.method.add(name=name, client_streaming=asks, server_streaming=answers)
    one.input_type, one.output_type = f".shop.{given}", f".shop.{gives}"
unserved = file.service.add(name="Stock")
unserved.method.add(name="Count", input_type=".shop.Nothing", output_type=".shop.Nothing")
pool = descriptor_pool.Default()
pool.AddSerializedFile(file.SerializeToString())
DESCRIPTOR = pool.FindFileByName("shop.proto")
"""

SERVER = """\
from concurrent import futures
import grpc
from google.protobuf import message_factory
from protos import shop_pb2

kinds = shop_pb2.DESCRIPTOR.message_types_by_name
Item, Items, Nothing = (
    message_factory.GetMessageClass(kinds[name]) for name in ("Item", "Items", "Nothing")
)
prices = {"lamp": 40, "chair": 90}

def list_items(request, context):
    return Items(items=[Item(id=name, price=price) for name, price in prices.items()])

def get_item(request, context):
    if request.id not in prices:
        context.abort(grpc.StatusCode.NOT_FOUND, f"no {request.id!r}")
    import discount
    return Item(id=request.id, price=prices[request.id] - discount.OFF)

def watch(requests, context):
    for one in requests:
        yield Item(id=one.id, price=one.price + 1)

def delete_item(request, context):
    prices.pop(request.id, None)
    return Nothing()

def plain(called, given):
    return grpc.unary_unary_rpc_method_handler(
        called, given.FromString, lambda one: one.SerializeToString()
    )

handlers = {
    "DeleteItem": plain(delete_item, Item),
    "ListItems": plain(list_items, Nothing),
    "GetItem": plain(get_item, Item),
    "Watch": grpc.stream_stream_rpc_method_handler(
        watch, Item.FromString, lambda one: one.SerializeToString()
    ),
}
server = grpc.server(futures.ThreadPoolExecutor(4))
server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("shop.Prices", handlers),))
server.add_insecure_port("0.0.0.0:50051")
server.start()
server.wait_for_termination()
"""


@pytest.fixture(scope="module")
def request_of_shop(
    runner: Runner, engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> VerificationRequest:
    folder = tmp_path_factory.mktemp("shop")
    (folder / "protos").mkdir()
    tag = f"{RUN}/calls"
    texts = {
        "Dockerfile": DOCKERFILE,
        "server.py": SERVER,
        "discount.py": "OFF = 3\n",
        "protos/shop_pb2.py": GENERATED,
        "Dockerfile.after": f"FROM {tag}:before\nRUN rm discount.py\n",
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
    for file, name in (("Dockerfile", "before"), ("Dockerfile.after", "after")):
        asked = BuildRequest(context=folder, dockerfile=folder / file, tag=f"{tag}:{name}")
        engine.build(asked, SilentProgress())
    before, after = (runner.image(f"{tag}:{name}") for name in ("before", "after"))
    return VerificationRequest(image_before=before, image_after=after, ports=(50051,))


@pytest.mark.parametrize("runner", ["engine"], indirect=True, scope="module")
def test_what_a_call_needs_is_missed_by_that_call(
    request_of_shop: VerificationRequest, runner: Runner
) -> None:
    found = compare(request_of_shop, runner.engine, SilentProgress())
    routes = next(one for one in found.checks if one.name == "routes")
    assert routes.outcome is Outcome.DIFFERENT
    assert [one.partition(":")[0] for one in routes.details] == [
        "shop.Prices/GetItem (with known values)"
    ]
    assert "discount" in routes.details[0]
    assert routes.before == "10 requests"


@pytest.mark.parametrize("runner", [EMBEDDED], indirect=True, scope="module")
def test_the_same_image_answers_the_same_calls(
    request_of_shop: VerificationRequest, runner: Runner
) -> None:
    same = replace(request_of_shop, image_after=request_of_shop.image_before)
    found = compare(same, runner.engine, SilentProgress())
    assert found.equivalent, found.differences
    start = next(one for one in found.checks if one.name == "start")
    assert "with calls in place of requests" in start.message
