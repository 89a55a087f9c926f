"""Running images without an engine, by what the Linux kernel offers every user: namespaces.

A container is a program in its own user, mount, process, network, host-name and System V
namespaces. ``launch`` makes them and becomes the program; ``enter`` joins them; ``relay`` carries
connections from this machine into the network namespace, which has no way out.
"""
