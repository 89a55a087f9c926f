"""The links as a table."""

import csv
import io
from urllib.parse import urlsplit


def table(links):
    """Give the lines of a CSV file."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["name", "host", "target"])
    rows.writerows((link.name, urlsplit(link.target).hostname, link.target) for link in links)
    return text.getvalue()
