"""The Dockerfile front end: lossless, with the rules of BuildKit.

``parse`` reads a file into values and ``render`` writes the same bytes back. Each value knows the
lines that it came from.
"""

from jettison.formats.dockerfile.model import (
    Blank,
    Comment,
    Directive,
    Dockerfile,
    Flag,
    Heredoc,
    Instruction,
    Item,
    Stage,
)
from jettison.formats.dockerfile.parse import parse, render
from jettison.formats.dockerfile.run import Mount, mounts, mounts_over, run_script, with_script
from jettison.formats.dockerfile.variables import (
    Environment,
    base_reference,
    environments,
    expand,
    final_environment,
)
from jettison.formats.dockerfile.views import (
    Copy,
    HealthCheck,
    copy,
    healthcheck,
    pairs,
    ports,
    raw_pairs,
    seconds,
    shell,
    stopsignal,
    user,
    volumes,
    workdir,
)
