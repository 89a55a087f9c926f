import pytest

from jettison.images.registry.authorization import Challenge, challenges

HUB = (
    'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",'
    'scope="repository:library/debian:pull,push"'
)


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ('Basic realm="a, b=c"', [Challenge(scheme="basic", realm="a, b=c")]),
        ("Basic", [Challenge(scheme="basic")]),
        (
            HUB,
            [
                Challenge(
                    scheme="bearer",
                    realm="https://auth.docker.io/token",
                    service="registry.docker.io",
                )
            ],
        ),
        (
            'Bearer realm="https://x/t" , service = y, Basic realm="z"',
            [
                Challenge(scheme="bearer", realm="https://x/t", service="y"),
                Challenge(scheme="basic", realm="z"),
            ],
        ),
        (r'BASIC realm="a\"b"', [Challenge(scheme="basic", realm='a"b')]),
        ("", []),
        ("=,;", []),
    ],
)
def test_a_challenge_is_read(header: str, found: list[Challenge]) -> None:
    assert list(challenges(header)) == found
