"""How an image is run and what it is asked, as values."""

from __future__ import annotations

from msgspec import Struct, field

from jettison.engines.engine import ImageFacts
from jettison.verify.workload.operation import TokenScheme
from jettison.verify.workload.step import Step


class Setting(Struct, frozen=True, kw_only=True):
    """How one image is run, for every run of it. ``health_path`` is the same for both images."""

    image: str
    facts: ImageFacts
    health_path: str
    read_only: bool = False


class Conversation(Struct, frozen=True, kw_only=True):
    """The steps to send, and how a token is sent. ``steps`` is empty where there is no HTTP.

    ``explores`` asks for further steps: the links and forms of the pages that are met.
    ``superuser`` has the application make an account of its own first, as a Django site can.
    """

    steps: tuple[Step, ...] = ()
    token_scheme: TokenScheme = field(default_factory=TokenScheme)
    explores: bool = False
    superuser: bool = False
