"""The signed archive on loopback, for every test here."""

from tests.support.debian_server import local_archive, open_archive, server

__all__ = ["local_archive", "open_archive", "server"]
