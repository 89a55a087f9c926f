"""Optimize with the engine that is named, the first that answers, or nothing but the kernel."""

from __future__ import annotations

from jettison.engines.finding import EMBEDDED, find_engine
from jettison.engines.limits import Limits
from jettison.errors import EngineError, UnsupportedError
from jettison.images.stores.cache import cache_directory
from jettison.progress import Progress
from jettison.report.result_text import Result
from jettison.tasks.loading.plan import Planned
from jettison.tasks.optimizing import optimize
from jettison.tasks.staging import Workshop


def optimize_with(
    engine: str | None,
    found: Planned,
    limits: Limits,
    progress: Progress,
    *,
    ablation: bool = False,
) -> Result:
    """Build and compare with an engine, or without one where there is none.

    EngineError when the named one is not there, or none is and nothing can be done without.
    """
    if engine == EMBEDDED:
        return _without_programs(found, limits, progress)
    try:
        chosen = find_engine(engine, limits)
    except EngineError as missing:
        if engine is not None:
            raise
        try:
            return _without_programs(found, limits, progress)
        except (EngineError, UnsupportedError) as refused:
            raise EngineError(missing.what, why=str(refused), hint=missing.hint) from refused
    with chosen:
        shop = Workshop(root=found.loaded.root, engine=chosen, progress=progress)
        return optimize(shop, found.start, found.plan, ablation=ablation)


def _without_programs(found: Planned, limits: Limits, progress: Progress) -> Result:
    """Build and run with nothing but the kernel."""
    # Late: what this needs, an engine's user does not.
    from jettison.engines.embedded.engine import EmbeddedEngine  # noqa: PLC0415
    from jettison.tasks.optimizing_elsewhere import EmbeddedWorkshop, optimize_embedded  # noqa: PLC0415

    with EmbeddedEngine(limits) as engine:
        shop = EmbeddedWorkshop(
            root=found.loaded.root, engine=engine, progress=progress, folder=cache_directory()
        )
        return optimize_embedded(shop, found)
