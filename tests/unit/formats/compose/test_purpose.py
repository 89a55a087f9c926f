from textwrap import dedent

from jettison.formats.compose import parse
from jettison.formats.compose.fields import shields, socket_mounts

FILE = """\
services:
  web:
    build: ./backend
    volumes:
      - ./backend:/srv/code
      - ./backend/app:/app/app
      - ./backend/data:/app/data
      - ./uploads:/uploads
      - media:/app/media
      - .:/app
      - /app/.venv
      - /var/cache
      - /run/docker.sock:/var/run/docker.sock:ro
"""


def test_mounts_are_told_apart_by_what_they_hide() -> None:
    (web,) = parse(dedent(FILE), file="docker-compose.yml").services
    sources = [mount for mount in web.volumes if mount.target == "/app"]
    assert [mount.source for mount in socket_mounts(web)] == ["/run/docker.sock"]
    assert [mount.target for mount in shields(web, sources)] == ["/app/.venv"]
