import hashlib
from pathlib import Path

from wheels import wheel

from jettison.builder import Pin
from jettison.builder.context import ContextPath
from jettison.builder.shortened_base import Staying, library_use
from jettison.builder.wheel import Scheme
from jettison.images.entry import Kind

SCHEME = Scheme.virtual("/opt/venv", "3.13")
SITE = "opt/venv/lib/python3.13/site-packages"


def file(text: str, *, executable: bool = False) -> ContextPath:
    content = text.encode()
    return ContextPath(kind=Kind.FILE, executable=executable, size=len(content), content=content)


def staying(folder: Path, files: dict[str, bytes], context: dict[str, ContextPath]) -> Staying:
    content = wheel("demo", files=files)
    (folder / "demo.whl").write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    pin = Pin(name="demo", version="1.0", filename="demo.whl", url="", sha256=digest, size=None)
    return Staying(
        pins=[pin],
        wheels={"demo": folder / "demo.whl"},
        scheme=SCHEME,
        removed=frozenset({f"{SITE}/demo/gone.py"}),
        context=context,
        texts=("CMD python -m json.tool",),
    )


def test_modules_programs_and_lines_of_pth_files_may_use_the_library(tmp_path: Path) -> None:
    files = {
        "demo/__init__.py": b"import json\n",
        "demo/gone.py": b"import mailbox\n",
        "demo/data.txt": b"import cgi\n",
        "demo.pth": b"/some/folder\nimport site\n",
        "demo-1.0.data/scripts/tool": b"#!python\nimport csv\n",
    }
    context = {
        "main.py": file("import os\n"),
        "bin/serve": file("#!/usr/bin/env python3\nimport socket\n", executable=True),
        "bin/start": file("#!/bin/sh\nexec python main.py\n", executable=True),
        "notes.txt": file("import this\n"),
    }
    library = {"json/__init__.py": b"", "os.py": b""}
    found = library_use(
        staying(tmp_path, files, context), library, frozenset({"os.py", "elsewhere.py"})
    )
    assert found.modules == {"demo/__init__.py": b"import json\n"}
    assert found.application == {
        f"{SITE}/demo.pth.py": b"import site",
        "opt/venv/bin/tool.py": b"#!python\nimport csv\n",
        "main.py": b"import os\n",
        "bin/serve.py": b"#!/usr/bin/env python3\nimport socket\n",
    }
    assert found.loaded == {"os.py"}
    assert found.texts == ("CMD python -m json.tool",)
