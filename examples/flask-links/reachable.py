"""Whether a link leads anywhere."""

import requests


def is_reachable(target):
    """Ask the other side, and follow where it leads."""
    try:
        return requests.head(target, timeout=2, allow_redirects=True).ok
    except requests.RequestException:
        return False
