"""How an image is run and what it is asked, as values."""

from __future__ import annotations

from msgspec import Struct, field

from jettison.engines.engine import ImageFacts
from jettison.verify.workload.operation import TokenScheme
from jettison.verify.workload.step import Step


class Setting(Struct, frozen=True, kw_only=True):
    """How one image is run. ``health_path`` is the same for both images.

    ``run`` numbers the runs: each has circumstances of its own, the same for both images.
    """

    image: str
    facts: ImageFacts
    health_path: str
    read_only: bool = False
    run: int = 0


class Conversation(Struct, frozen=True, kw_only=True):
    """The steps to send, and how a token is sent. ``steps`` is empty where there is no HTTP.

    ``explores`` asks for further steps: the links and forms of the pages that are met.
    ``doubtful`` are the numbers of steps to be sent many times, ``languages`` those that the
    application speaks. ``superuser`` has the application make an account of its own first, as a
    Django site can.
    """

    steps: tuple[Step, ...] = ()
    token_scheme: TokenScheme = field(default_factory=TokenScheme)
    explores: bool = False
    doubtful: frozenset[int] = frozenset()
    languages: tuple[str, ...] = ()
    superuser: bool = False
