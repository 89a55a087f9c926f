"""The process: runs the command line and is the only place that prints errors and exits."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line."""
    sys.exit(0)


if __name__ == "__main__":
    main()
