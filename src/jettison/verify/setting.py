"""Two images that are compared, and how one of them is run and asked."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager

from msgspec import Struct, field

from jettison.engines.engine import Engine, ImageFacts
from jettison.progress import Progress, step
from jettison.values import replace
from jettison.verify.request import VerificationRequest
from jettison.verify.services import within_reach
from jettison.verify.workload import TokenScheme
from jettison.verify.workload.step import Step, Training

_URL = re.compile(r"https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?::\d+)?(/[^\s'\"|;)]*)")


class Setting(Struct, frozen=True, kw_only=True):
    """How one image is run, and what is asked of it. ``health_path`` is the same for both images.

    ``run`` numbers the runs: each has circumstances of its own, the same for both images.
    ``watched`` notes which files its containers open. ``usual`` is how long the other image took to
    become ready, 0 where that is not known.
    """

    engine: Engine
    request: VerificationRequest
    image: str
    facts: ImageFacts
    health_path: str
    read_only: bool = False
    run: int = 0
    watched: bool = False
    usual: float = 0.0

    @property
    def words(self) -> tuple[str, ...]:
        """What its first process is started with."""
        return words_started(self.request, self.facts)


def words_started(request: VerificationRequest, facts: ImageFacts) -> tuple[str, ...]:
    """Give the words that a container's first process is started with."""
    own = () if request.entrypoint else facts.command
    return (*(request.entrypoint or facts.entrypoint), *(request.command or own))


def health_path(request: VerificationRequest, *images: ImageFacts) -> str:
    """Give the path that says whether all is well: asked for, or named by a check, or nothing."""
    if request.health_path:
        return request.health_path
    texts = (" ".join(facts.health_check.test) for facts in images if facts.health_check)
    found = (match for match in map(_URL.search, texts) if match)
    return next((match[1] for match in found), "")


class Conversation(Struct, frozen=True, kw_only=True):
    """The steps to send, and how a token is sent. ``steps`` is empty where there is no HTTP.

    ``explores`` asks for further steps: the links and forms of the pages that are met.
    ``doubtful`` are the numbers of steps to be sent many times, ``languages`` those that the
    application speaks. ``superuser`` has the application make an account of its own first, as a
    Django site can. ``ends`` says that the image is no server: it runs to its end. With
    ``training``, only what a trace may see is sent, with other values. ``touched`` are files of the
    system that the image before opens, None until that is known.
    """

    steps: tuple[Step, ...] = ()
    token_scheme: TokenScheme = field(default_factory=TokenScheme)
    explores: bool = False
    doubtful: frozenset[int] = frozenset()
    languages: tuple[str, ...] = ()
    superuser: bool = False
    ends: bool = False
    training: Training | None = None
    touched: frozenset[str] | None = None


class Trial(Struct, frozen=True, kw_only=True):
    """What is asked of two images, what runs them, and who hears of it."""

    request: VerificationRequest
    engine: Engine
    progress: Progress

    def asking(self, request: VerificationRequest) -> Trial:
        """Ask something else."""
        return replace(self, request=request)

    def within_reach(self) -> Trial:
        """Try each service once, and go on with those that start."""
        return self.asking(within_reach(self.engine, self.request, self.progress))

    def step(self, text: str) -> AbstractContextManager[None]:
        """Tell of a step."""
        return step(self.progress, text)

    def before(self) -> Setting:
        """Give how the image before is run. Raises EngineError when one of both does not exist."""
        return self._setting(self.request.image_before)

    def after(self) -> Setting:
        """Give how the image after is run; raises as ``before``."""
        return self._setting(self.request.image_after)

    def _setting(self, image: str) -> Setting:
        request = self.request
        images = {
            one: self.engine.inspect(one) for one in (request.image_before, request.image_after)
        }
        return Setting(
            engine=self.engine,
            request=request,
            image=image,
            facts=images[image],
            health_path=health_path(request, *images.values()),
        )
