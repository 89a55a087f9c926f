from jettison.engines import ImageFacts, ImageID
from jettison.verify.request import request_of


def facts(name: str, *, ports: tuple[str, ...] = (), volumes: tuple[str, ...] = ()) -> ImageFacts:
    return ImageFacts(
        id=ImageID(name), size=1, layers=(), ports=ports, volumes=volumes,
        environment=(("TZ", "Asia/Kathmandu"),),
    )  # fmt: skip


def test_ports_and_volumes_are_those_that_the_images_declare() -> None:
    before = facts("a", ports=("9000/tcp", "53/udp", "8000"), volumes=("/data",))
    asked = request_of(before, facts("b", volumes=("/cache",)))
    assert asked.ports == (8000, 9000)
    assert asked.volumes == ("/cache", "/data")
    assert asked.time_zones == ("Asia/Kathmandu",)


def test_a_port_that_only_the_image_after_declares_is_used() -> None:
    assert request_of(facts("a"), facts("b", ports=("80/tcp",))).ports == (80,)


def test_images_that_declare_no_port_need_not_be_servers() -> None:
    assert not request_of(facts("a"), facts("b")).serves
    assert request_of(facts("a", ports=("80/tcp",)), facts("b")).serves
