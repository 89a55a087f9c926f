"""Says whether TLS works against a server on the loopback.

``ASKED``, which is put in front of this text, holds the server's certificate and key, and the
authority that signed it.
"""

import sys

ASKED = globals().get("ASKED", {})
MARKER = "jettison-says:"
PATIENCE = 20


def attempt(action):
    """Run an action and say whether it worked."""
    try:
        return (True, str(action() or ""))
    except BaseException as wrong:
        return (False, f"{type(wrong).__name__}: {wrong}"[:500])


def in_memory(text):
    """Give the name of a file that holds a text and is on no disk."""
    import os

    descriptor = os.memfd_create("jettison")
    os.write(descriptor, text.encode())
    return f"/proc/self/fd/{descriptor}"


def serving():
    """Start a server that greets with TLS, and give its port."""
    import socket
    import ssl
    import threading

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(in_memory(ASKED["key"] + ASKED["certificate"]))
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            connection = listener.accept()[0]
            try:
                with context.wrap_socket(connection, server_side=True) as secured:
                    secured.sendall(b"hello")
            except OSError:
                connection.close()

    threading.Thread(target=serve, daemon=True).start()
    return listener.getsockname()[1]


def greeted(port, context):
    """Connect, and give the version of TLS that was spoken."""
    import socket

    plain = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    with plain, context.wrap_socket(plain, server_hostname="localhost") as secured:
        if secured.recv(5) != b"hello":
            raise OSError("the server did not greet")
        return secured.version()


def secure():
    """Trust the server with its authority added to the system's, and not without."""
    import ssl

    port = serving()
    trusting = ssl.create_default_context()
    trusting.load_verify_locations(cadata=ASKED["authority"])
    version = greeted(port, trusting)
    try:
        greeted(port, ssl.create_default_context())
    except ssl.SSLCertVerificationError:
        return version
    raise OSError("a server of an unknown authority is trusted")


sys.stdout.write(f"\n{MARKER}{attempt(secure)!a}\n")
