from __future__ import annotations

from jettison.contents import Installed, Trace
from jettison.contents.reach import reached
from jettison.contents.standard_reach import unneeded_libraries
from jettison.contents.system import System

SITE = "/opt/venv/lib/python3.11/site-packages"
LIBRARIES = {
    "PIL/_imaging.abi3.so": ("libjpeg-1.so", "libc.so.6"),
    "PIL/_imagingft.abi3.so": ("libfreetype-1.so",),
    "pillow.libs/libjpeg-1.so": ("libz-1.so",),
    "pillow.libs/libz-1.so": (),
    "pillow.libs/libfreetype-1.so": ("libpng-1.so",),
    "pillow.libs/libpng-1.so": ("libz-1.so",),
    "demo/loaded.so": (),
}


def unneeded(application: str, touched: tuple[str, ...] = ()) -> frozenset[str]:
    files = {**dict.fromkeys(LIBRARIES, 10), "PIL/__init__.py": 10}
    installed = Installed(
        site=SITE,
        library="/usr/local/lib/python3.11",
        files=files,
        owners=dict.fromkeys(files, "pillow"),
        entry_points=(),
        sources={"PIL/__init__.py": b""},
        words={},
        application={"/app/main.py": application.encode()},
    )
    trace = Trace(served=frozenset(f"{SITE}/{path}" for path in touched))
    libraries = {f"{SITE}/{path}": needs for path, needs in LIBRARIES.items()}
    system = System(
        files=dict.fromkeys(libraries, 10),
        links={},
        libraries=libraries,
        packages={},
        environment={},
    )
    return unneeded_libraries(installed, reached(installed, trace), trace, system)


def test_what_a_module_that_leaves_is_linked_to_leaves_with_all_behind_it() -> None:
    found = unneeded("from PIL import _imaging")
    assert found == {"pillow.libs/libfreetype-1.so", "pillow.libs/libpng-1.so"}


def test_what_a_module_that_stays_is_linked_to_stays() -> None:
    assert unneeded("from PIL import _imaging, _imagingft") == frozenset()


def test_what_was_loaded_stays_with_what_it_needs() -> None:
    found = unneeded("from PIL import _imaging", ("pillow.libs/libfreetype-1.so",))
    assert found == frozenset()
