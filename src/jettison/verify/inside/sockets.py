"""Reads what the kernel shows of sockets (Linux, proc_net_tcp), within a container or without."""

# The state of a socket that listens, the name server of an engine, and the loopback in IPv4 and
# IPv6; addresses are in the order of the machine.
LISTENS, RESOLVER, LOOPBACK = "0A", "0B00007F", ("7F", "0" * 24 + "01000000")


def listening(table: str) -> "set[tuple[int, bool]]":
    """Give the ports of a table's sockets that listen, and whether each is on the loopback."""
    rows = (line.split() for line in table.splitlines()[1:])
    pairs = (row[1].split(":") for row in rows if row[3] == LISTENS)
    return {(int(port, 16), at.endswith(LOOPBACK)) for at, port in pairs if at != RESOLVER}
