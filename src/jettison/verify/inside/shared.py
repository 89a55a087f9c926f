"""What several scripts read: sockets (Linux, proc_net_tcp), and what a folder was installed as."""

import os

# The state of a socket that listens, the name server of an engine, and the loopback in IPv4 and
# IPv6; addresses are in the order of the machine.
LISTENS, RESOLVER, LOOPBACK = "0A", "0B00007F", ("7F", "0" * 24 + "01000000")


def listening(table: str) -> "set[tuple[int, bool]]":
    """Give the ports of a table's sockets that listen, and whether each is on the loopback."""
    rows = (line.split() for line in table.splitlines()[1:])
    pairs = (row[1].split(":") for row in rows if row[3] == LISTENS)
    return {(int(port, 16), at.endswith(LOOPBACK)) for at, port in pairs if at != RESOLVER}


def local(site):
    """Give the files below a folder of distributions that were installed from a folder (PEP 610).

    They are the application's own, unless they are only links to it.
    """
    found = set()
    for name in os.listdir(site) if os.path.isdir(site) else ():
        try:
            with open(f"{site}/{name}/direct_url.json") as file:
                said = file.read()
            with open(f"{site}/{name}/RECORD") as file:
                paths = [line.partition(",")[0].strip('"') for line in file]
        except (OSError, ValueError):
            continue
        if '"dir_info"' in said and '"file:' in said and '"editable"' not in said:
            found |= {path for path in paths if path.endswith(".py") and path[:1] not in ("/", ".")}
    return found
