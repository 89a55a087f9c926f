"""What a script fetches, and the package sources that it adds."""

import pytest

from jettison.ecosystems.commands import apt_sources, written_paths
from jettison.formats.shell import Script, parse
from jettison.values import Origin


def script(text: str) -> Script:
    return parse(text, origin=Origin(file="Dockerfile", line=1))


DOCKER = """\
install -m 0755 -d /etc/apt/keyrings && \\
curl -fsSL https://d/gpg | gpg --dearmor -o /etc/apt/keyrings/d.gpg && \\
chmod a+r /etc/apt/keyrings/d.gpg && \\
echo "deb [signed-by=/etc/apt/keyrings/d.gpg] https://d/debian $(lsb_release -cs) stable" \\
  | tee /etc/apt/sources.list.d/d.list > /dev/null && \\
apt-get update && apt-get install -y d-cli
"""


def test_an_apt_repository_is_seen_whole() -> None:
    sources = apt_sources(script(DOCKER))
    assert [[one.name for one in source.commands] for source in sources] == [
        ["install"],
        ["curl", "gpg"],
        ["chmod"],
        ["echo", "tee"],
    ]


@pytest.mark.parametrize(
    "text",
    [
        "add-apt-repository ppa:a/b",
        "apt-key adv --keyserver x --recv-keys 1",
        "wget -qO - https://x/k.asc | apt-key add -",
        'echo "deb https://x y main" > /etc/apt/sources.list.d/x.list',
        "curl -o /usr/share/keyrings/x.asc https://x",
        "gpg --dearmor < k > /usr/share/keyrings/x.gpg",
    ],
)
def test_ways_to_add_an_apt_repository(text: str) -> None:
    assert len(apt_sources(script(text))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "apt-get update",
        "echo 'APT::X \"1\";' > /etc/apt/apt.conf.d/99x",
        "curl -o /a https://x",
        "cat /etc/apt/sources.list",
    ],
)
def test_other_commands_add_none(text: str) -> None:
    assert apt_sources(script(text)) == ()


def test_written_paths() -> None:
    (first, second) = script("a 2> /log > /b; cat c | tee -a /d /e").commands[0:3:2]
    assert written_paths(first) == ("/log", "/b")
    assert written_paths(second) == ("/d", "/e")
