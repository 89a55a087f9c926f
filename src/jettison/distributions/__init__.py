"""What a distribution brings: import names, scripts, extras, requirements, bytes and wheels.

The facts come from wheel metadata and file lists on a package index, from a disk cache, from an
installed environment, or from a dated catalogue. Nothing needs to be installed.
"""
