"""Ports and adapters for what builds and runs images: docker, podman."""
