"""Says whether TLS works against a server on the loopback, or which modules can be imported.

``ASKED``, which is put in front of this text, holds the server's certificate and key, and the
authority that signed it, or the names of the modules.
"""

import _signal
import os
import sys
import time

ASKED = globals().get("ASKED", {})
MARKER = "jettison-says:"
PATIENCE = 20
# of a processor for the import of a module, and how long it may use none after as many
SECONDS, IDLE = 30, 5


def attempt(action):
    """Run an action and say whether it worked."""
    try:
        return (True, str(action() or ""))
    except BaseException as wrong:
        return (False, f"{type(wrong).__name__}: {wrong}"[:500])


def in_memory(text):
    """Give the name of a file that holds a text and is on no disk."""
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


def imported(names):
    """Say of modules whether they can be imported; what they print is no part of the answer."""
    said = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    sys.path.insert(0, os.getcwd())
    said.write(f"\n{MARKER}{ {name: load(name) for name in names}!a}\n")
    said.flush()
    os._exit(0)


def load(name):
    """Import a module and say how it went; one that is a program may never end."""
    used = time.process_time()

    def give_up(number, _):
        """End what took enough of a processor, or waits: others may need it meanwhile."""
        nonlocal used
        last, used = used, time.process_time()
        if number == _signal.SIGPROF or used - last < IDLE / 100:
            sys.exit(f"it does not end within {SECONDS} s")

    timers = {_signal.SIGALRM: _signal.ITIMER_REAL, _signal.SIGPROF: _signal.ITIMER_PROF}
    try:
        for number, timer in timers.items():
            _signal.signal(number, give_up)
            # again and again: a loop may pass over what is raised
            _signal.setitimer(timer, SECONDS, IDLE)
        __import__(name)
    except BaseException as wrong:  # a module may even exit when it is imported
        return (False, f"{type(wrong).__name__}: {wrong}"[:500])
    finally:
        for timer in timers.values():
            _signal.setitimer(timer, 0)
    return (True, "")


if "modules" in ASKED:
    imported(ASKED["modules"])
sys.stdout.write(f"\n{MARKER}{attempt(secure)!a}\n")
