"""Run as ``sitecustomize`` while a project's tests run: puts the test tools on the import path.

They come behind what the image has. Parts of the standard library that the image lacks are given
to the tools and tests alone, so that the application still fails without them. ``OVERLAY``, where
tools and tests were laid, and ``LACKING``, the modules, are put in front of this text.
"""

import os
import sys

OVERLAY = globals().get("OVERLAY", "/jettison")
LACKING = globals().get("LACKING", frozenset())


class Library:
    """Finds what the image lacks, for importers that were laid in the overlay."""

    @staticmethod
    def find_spec(name, _path=None, _target=None):
        """Give the module from the overlay, or nothing."""
        if name not in LACKING or not asked_by_a_tool():
            return None
        from importlib.machinery import PathFinder

        parent = name.rpartition(".")[0].replace(".", "/")
        return PathFinder.find_spec(name, [f"{OVERLAY}/.standard/{parent}".rstrip("/")])


def asked_by_a_tool():
    """Tell whether the importing code is the overlay's own and not the image's."""
    frame = sys._getframe(2)
    while frame is not None:
        file = frame.f_code.co_filename
        if not file.startswith("<frozen importlib"):
            # folders of the image are links here, and what they hold is the image's
            return file.startswith("<") or os.path.realpath(file).startswith(OVERLAY + "/")
        frame = frame.f_back
    return True  # the interpreter itself, for -m


def own_customization():
    """Run the image's own sitecustomize, which this one stands before."""
    for folder in sys.path:
        path = os.path.join(folder, "sitecustomize.py")
        if not folder.startswith(OVERLAY) and os.path.isfile(path):
            with open(path) as file:
                names = {"__name__": "sitecustomize", "__file__": path}
                exec(compile(file.read(), path, "exec"), names)
            return


sys.path.append(f"{OVERLAY}/.site")
if LACKING:
    sys.meta_path.insert(0, Library)
own_customization()
