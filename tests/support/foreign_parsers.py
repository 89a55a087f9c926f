"""Every parser of foreign input, with seeds that are near to what it takes."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import pickle
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from elf import shared_library
from images import small_image
from wheels import source, wheel

from jettison.assessment.fleet_file import parse_fleet
from jettison.builder.lock import parse_lock
from jettison.builder.pins import checked_text
from jettison.builder.wheel import Scheme, Wheel
from jettison.contents.image_files import alpine_packages, debian_packages
from jettison.contents.measurement import TextRoom
from jettison.ecosystems import conda, finding, pdm, pip, pipenv, poetry, setuptools, uv
from jettison.engines.measuring import _file_read
from jettison.errors import JettisonError
from jettison.formats import dotenv
from jettison.formats.compose import parse as parse_compose
from jettison.formats.debian_control import paragraphs, parse_relations
from jettison.formats.dockerfile import environments, pairs, render
from jettison.formats.dockerfile import parse as parse_dockerfile
from jettison.formats.dockerignore import parse as parse_ignore
from jettison.formats.elf import read_elf
from jettison.formats.own_settings import find_settings
from jettison.formats.requirements import parse as parse_requirements
from jettison.formats.shell import parse as parse_shell
from jettison.images.config import Config
from jettison.images.descriptor import Index, Manifest
from jettison.images.entry import read_entries
from jettison.images.reference import Reference
from jettison.images.registry.authorization import challenges
from jettison.index.debian import read_deb
from jettison.index.debian.openpgp import public_keys
from jettison.index.debian.package import parse_release
from jettison.index.listing import parse_listing, releases
from jettison.index.metadata import parse_entry_points, parse_metadata, parse_record
from jettison.index.target import Target
from jettison.index.wheels import read_local_wheel
from jettison.source.named_places import places_in
from jettison.source.operations_collect import collect
from jettison.source.operations_lines import with_variables
from jettison.source.parse import parse as parse_python
from jettison.source.pickles import saved_in
from jettison.values import Origin
from jettison.verify.exchange.forms import read_page

ORIGIN = Origin(file="file", line=1)


@dataclass(frozen=True)
class Parser:
    """A parser as a function of bytes; ``parts`` are put together and into the seeds.

    ``refuses`` are exceptions that its contract names, and that its caller turns into an error.
    """

    read: Callable[[bytes], object]
    seeds: tuple[bytes, ...]
    parts: tuple[bytes, ...]
    refuses: tuple[type[Exception], ...] = ()


def text(read: Callable[[str], object]) -> Callable[[bytes], object]:
    """Read bytes as files of a project are read: what is no UTF-8 is refused before."""
    return lambda content: read(content.decode("utf-8", "replace"))


def _dockerfile(content: str) -> None:
    parsed = parse_dockerfile(content, file="Dockerfile")
    assert render(parsed) == content
    environments(parsed)
    for one in parsed.instructions:
        if one.keyword in {"ENV", "LABEL", "ARG"}:
            pairs(one)


def _documents(content: bytes) -> None:
    index, manifest, config = (
        Index(content=content),
        Manifest(content=content),
        Config(content=content),
    )
    for read in (lambda: index.manifests, lambda: manifest.layers, lambda: manifest.config,
                 lambda: config.diff_ids, lambda: config.history, lambda: config.env,
                 lambda: config.command, lambda: config.volumes, lambda: config.labels,
                 lambda: config.health_check, lambda: config.platform):  # fmt: skip
        read()


def _tar(content: bytes) -> None:
    for read in read_entries(io.BytesIO(content)):
        for _ in read.chunks():
            """Read to the end."""


def _wheel(content: bytes) -> None:
    read_local_wheel(io.BytesIO(content))
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        opened = Wheel(Path(file.name), "a.whl", Scheme.virtual("/opt/venv", "3.13"))
        for placed in opened.files:
            for _ in opened.chunks(placed):
                """Read to the end."""
        opened.close()


def _library() -> bytes:
    return shared_library("a.so", needed=("libc.so.6",))


def _layer() -> bytes:
    with small_image().layers[0].open() as stream:
        return stream.read()


def _layer_of_files() -> bytes:
    files = {
        "app/a.pkl": bz2.compress(b"ca\nb\n"),
        "app/b.so": _library(),
        "app/run.sh": b"#!/bin/sh\n",
    }
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as layer:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            layer.addfile(entry, io.BytesIO(content))
    return held.getvalue()


def _torch() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("model/data.pkl", b"ca\nb\n")
    return held.getvalue()


def _makefile(content: str) -> None:
    texts = {"Makefile": content}
    collect(texts)
    whole = with_variables(content)
    assert len(whole) < 2_000_000 + 2 * len(content)


# Names of files that tell what an application does.
_FILES = ("a.yml", "crontab", "Procfile", "uwsgi.ini", "tox.ini", "run.sh", "a.conf", "Dockerfile")


def _operations(content: str) -> None:
    for name in _FILES:
        collect({name: content}, documents={"README.md": content})
    for settings in (False, True):
        list(places_in(content, settings=settings))


def _of(*parsers: Callable[..., object], file: str) -> Callable[[bytes], object]:
    return text(lambda content: [_tried(parse, content, file) for parse in parsers])


def _tried(parse: Callable[..., object], content: str, file: str) -> None:
    # what one parser refuses is for the next
    with suppress(JettisonError):
        parse(content, file=file)


def lines(*parts: str) -> tuple[bytes, ...]:
    return tuple(part.encode() for part in parts)


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


def _debian(content: str) -> None:
    list(paragraphs(content.splitlines()))
    parse_relations(content)
    list(debian_packages(content, {"a": content}, lambda path: path))
    list(alpine_packages(content, lambda path: path))


def all_parsers() -> dict[str, Parser]:
    """Give the parsers by name."""
    image = small_image()
    target = Target(python="3.13")
    return {
        "dockerfile": Parser(text(_dockerfile), lines(
            "FROM python:3.11 AS a\nARG X=1\nENV A=$X B='x y'\nRUN <<EOF\necho\nEOF\nCMD [\"a\"]\n",
            "# escape=`\nFROM a\nRUN echo `\n # c\n x\nHEALTHCHECK --interval=5s CMD curl x\n",
        ), lines("FROM ", "\n", "\\\n", "RUN ", "<<EOF\n", "EOF\n", "ENV ", "A=", "${", "}", ":-", "'", '"',
                 "[", "]", ",", "--mount=", "ONBUILD ", "#", "\ufeff", "\t", "COPY ", "$", "\\", "\x00", "HEALTHCHECK ")),
        "shell": Parser(text(lambda t: parse_shell(t, origin=ORIGIN)), lines(
            "set -e\nif [ -f a ]; then pip install 'x[y]' && rm -rf \"$A\"/*; fi <<X\ny\nX\n",
        ), lines("$(", ")", "{", "}", "if ", "then ", "fi", "case ", "esac", "<<E\n", "E\n", "&&", "||", "|", ";", "&",
                 "'", '"', "`", "\\", "\n", "((", "))", "[[", "]]", "$'", "$", "#", "é", ">", "<(", "for ", "do ", "done ")),
        "compose": Parser(text(lambda t: parse_compose(t, file="compose.yml", env={"A": "b"})), lines(
            "services:\n  web:\n    build: {context: ., args: {A: 1}}\n    ports: ['80:80']\n    volumes: ['a:/b:ro']\n"
            "    environment: [A=b]\n    healthcheck: {test: [CMD, a], interval: 5s}\n    depends_on: {db: {}}\n",
        ), lines("services:\n", "  a:\n", "    build: .\n", "&a ", "*a", "<<: ", "[", "]", "{", "}", ": ", "- ", "\n", "!!binary ",
                 "? ", "|\n", ">\n", "'", '"', "${A:-", "}", "    ports:\n", "    volumes:\n", "null", "1e9", "    extends: a\n",
                 "    healthcheck:\n", "    env_file:\n", "    command: ", "    user: ", "    image: ", "80-90:80-90", "\x85", "%")),
        "dotenv": Parser(text(lambda t: dotenv.parse(t, file=".env")), lines("A=1\nexport B='x'\nC=\"$A\"\n"),
                         lines("A", "=", "'", '"', "\\", "\n", "$A", "${", "}", ":-", "#", "export ", " ", "\r\n", "\x00")),
        "requirements": Parser(text(lambda t: (parse_requirements(t, file="r.txt"),
                                               checked_text(t, "r.txt", target, sources=True))), lines(
            "-r a.txt\nsix[a]>=1,<2; python_version<'3' --hash=sha256:ab \\\n  --hash=sha256:cd # via x\na @ https://x/y.whl\n",
        ), lines("six", "==", "1.0", "; ", "python_version", "<", "'3'", " and ", "(", ")", "-e ", "-r ", "--hash=", "\\\n", "#",
                 "\n", "@ ", "https://", "${A}", "[", "]", ",", "file:", "'", '"', "~=", "===", "\ufeff", "\x0c", "C:\\")),
        "dockerignore": Parser(text(lambda t: parse_ignore(t, file=".dockerignore").ignores("a/b/c.py")), lines("**/*.pyc\n!a\n[a-z]?\n"),
                               lines("*", "**", "/", "!", "[", "]", "^", "-", "\\", "?", "a", "\n", "#", " ", "..")),
        "toml": Parser(_of(finding.parse_pyproject, finding.named_in_pyproject, finding.project_name,
                           poetry.parse, uv.parse, pdm.parse, pip.parse, pipenv.parse_pipfile, file="pyproject.toml"), lines(
            "[project]\nname='a'\ndependencies=['six>=1']\n[project.optional-dependencies]\na=['b']\n[dependency-groups]\nx=[{include-group='y'}]\n",
            "version = 1\n[[package]]\nname='a'\nversion='1'\nsource={registry='x'}\nwheels=[{url='u',hash='sha256:a'}]\ndependencies=[{name='b'}]\n",
            "[tool.poetry.dependencies]\npython='^3.11'\nsix={version='*',extras=['a']}\n[packages]\na='*'\nb={git='x'}\n",
            "lock-version='1.0'\n[[packages]]\nname='a'\nversion='1'\n[[packages.wheels]]\nname='a-1-py3-none-any.whl'\nurl='u'\nhashes={sha256='a'}\n",
        ), lines("[project]\n", "dependencies", "=", "[", "]", "{", "}", "'", "1", "true", "\n", "[[package]]\n", "name", "version",
                 "1979-05-27", ".", ",", "[tool.poetry]\n", "[packages]\n", "source", "wheels", "sdist", "marker", "inf", "0x")),
        "settings": Parser(text(lambda t: find_settings({"jettison.toml": t}, ("",), {"build-context"})), lines(
            "level = 2\nkeep = ['a']\nremove=['b/*']\n[budget]\nsize='10 MB'\n",
        ), lines("level", "=", "keep", "[", "]", "'", "1", "\n", "base", "without", "probes", "{", "}", "[budget]\n", "size", "-", "true")),
        "declarations": Parser(_of(setuptools.parse_setup_cfg, setuptools.parse_setup_py, conda.parse, pipenv.parse_lock,
                                   lambda t, file: parse_lock(t), file="setup.py"), lines(
            "from setuptools import setup\nsetup(install_requires=['six'], extras_require={'a': ['b']})\n",
            "[options]\ninstall_requires =\n  six\n", "dependencies:\n- six=1\n- pip:\n  - a\n", '{"default": {"six": {"version": "==1"}}}',
        ), lines("setup(", ")", "install_requires", "=", "[", "]", "'", "\n", "{", "}", ":", "- ", "dependencies:\n", "[options]\n",
                 "**x", "open('a').read()", '"default"', "*a", "&a ", "%(x)s")),
        "python": Parser(lambda c: (parse_python("a.py", c), parse_python("a.ipynb", c)), (
            b"import os\nfrom . import a as b\n\n\ndef f(x=os.environ.get('A')):\n    subprocess.run(['a', x])\n",
            _json({"cells": [{"cell_type": "code", "source": ["import os\n", "!pip install x"]}]}),
        ), lines("import ", "from . ", "def f():\n", "    ", "(", ")", "[", "]", "{", "}", ":", "\n", "'", '"""', "f'{", "}'", "\\",
                 "lambda", "if ", "else", "# coding: x\n", "\x00", "async ", "match ", "*", "é", "print 'a'\n", '"cells"')),
        "tar": Parser(_tar, (_layer(), *[source("a")]), (b"\0" * 512, b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"ustar", b"x", b"L" * 9,
                                                        b"\xff" * 12, b"99 path=x\n", b"13 mtime=inf\n", b"00000000777")),
        "wheel": Parser(_wheel, (wheel("a"), wheel("b", scripts={"x": "b:main"})), (b"PK\3\4", b"PK\1\2", b"PK\5\6", b"\xff\xff\xff\xff", b"../", b"\0" * 8),
                        (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError, ValueError)),
        "elf": Parser(read_elf, (_library(),), (b"\x7fELF", b"\xff" * 8, b"\0" * 16, b"\2\1\1", b"\x7f" * 4)),
        "documents": Parser(_documents, (image.manifest.content, image.config.content,
                                         _json({"manifests": [{"digest": "sha256:" + "0" * 64, "size": 5, "mediaType": "x"}]})),
                            lines("{", "}", "[", "]", ":", ",", '"layers"', '"config"', "null", "1e400", "-1", '"digest"', '"size"',
                                  '"sha256:', '"rootfs"', '"diff_ids"', '"history"', '"Env"', '"Healthcheck"', '"\\ud800"', '"platform"')),
        "dpkg": Parser(text(_debian), lines("Package: a\nVersion: 1:2-3\nDepends: b (>= 1) | c:any, d\nDescription: x\n more\n\n"),
                       lines("Package", ":", " ", "\n", "(>=", ")", "|", ",", "Depends: ", "\t", "[amd64]", "<!x>", ".", "~", "é")),
        "release": Parser(text(parse_release), lines("Suite: stable\nCodename: trixie\nDate: Sat, 01 Nov 2025 10:00:00 UTC\nSHA256:\n ab 5 main/x\n"),
                          lines("Suite: ", "Date: ", "SHA256:\n", " ", "\n", "ab", "5", "-1", ":", "Sat, ", "Valid-Until: ")),
        "deb": Parser(lambda c: read_deb(io.BytesIO(c)), (b"!<arch>\n" + b"debian-binary   0           0     0     100644  4         `\n2.0\n",),
                      (b"!<arch>\n", b"`\n", b"control.tar.xz", b"data.tar", b" " * 10, b"9" * 10, b"\xfd7zXZ\0")),
        "keys": Parser(public_keys, (b"\x99\x00\x0d\x04\0\0\0\0\1\0\x08\xff\0\x02\3",), (b"\x99", b"\xc6", b"\xff" * 5, b"\x88", b"\4", b"\1\0", b"\xcd\x05hello")),
        "listing": Parser(lambda c: [releases(parse_listing(c, content_type=kind, url="https://x/simple/a/"), "a")
                                     for kind in ("application/vnd.pypi.simple.v1+json", "text/html")], (
            _json({"files": [{"filename": "a-1-py3-none-any.whl", "url": "a", "hashes": {"sha256": "x"}, "size": 5, "yanked": False}]}),
            b"<a href='a-1.tar.gz#sha256=x' data-requires-python='&gt;=3'>a-1.tar.gz</a>",
        ), lines("{", "}", "[", "]", ":", ",", '"files"', '"filename"', "null", '"hashes"', '"size"', "1e99", "<a ", "href=", ">", "</a>",
                 "<!--", "-->", "<![", "</", "<base ", "<script>", "&#",
                 "&gt;", "'", '"', "https://[", "a-1-py3-none-any.whl", '"yanked"', '"requires-python"', '"core-metadata"'), (ValueError,)),
        "page": Parser(text(read_page), lines(
            "<a href='/x?a=1'><form method=post><input name=a value=b><select name=c><option value=d></form>"
        ), lines("<a ", "<form ", "<input ", "<![", "<!--", "-->", "</", "<script>", "name=", "'", '"', ">", "&#", "=", "/")),
        "metadata": Parser(text(lambda t: (parse_metadata(t), parse_entry_points(t), parse_record(t))), lines(
            "Metadata-Version: 2.1\nName: a\nRequires-Dist: b>=1; extra=='x'\n\nbody\n", "[console_scripts]\na = b:c\n", 'a.py,sha256=x,5\n"b,c",,\n',
        ), lines("Name", "²", ":", " ", "\n", "Requires-Dist: ", "[console_scripts]\n", "=", ",", '"', "\r", "(", ")", "é", "sha256=", "%(a)s")),
        "challenges": Parser(text(lambda t: (challenges(t), Reference.parse(t))), lines('Bearer realm="https://x/t",service="y",scope="z"', "docker.io/a/b:1@sha256:" + "0" * 64),
                             lines("Bearer ", "Basic ", "realm=", '"', "\\", ",", "=", " ", ":", "/", "@", "[", "]", "é", "a" * 50, "\t")),
        "pickles": Parser(lambda c: saved_in(io.BytesIO(c)), (
            pickle.dumps(Origin, protocol=0), pickle.dumps(Origin, protocol=4), gzip.compress(b"ca\nb\n"), bz2.compress(b"ca\nb\n"), _torch(),
        ), (b"c", b"i", b"a", b".", b"\n", b"ca\nb\n", b"\x8c\x01a", b"\x94", b"\x93", b"PK\3\4", b"BZh9", b"\xfd7zXZ\0", b"\x5d\0\0", b"\x1f\x8b", b"\x78\x9c"),
            (ValueError,)),
        "makefile": Parser(text(_makefile), lines(
            "A := pip\nB = $(A) install\nrun: build | x\n\t$(B) six && $(MAKE) test\n%.o: %.c\n\tmake all\n",
        ), lines("A", "=", ":=", "$(A)", "${B}", "\n", "\t", "run", ":", "%", "|", " ", "$(MAKE) ", "make ", "A=$(B)$(B)\n", "B=$(A)$(A)\n", "\\\n", "#", ";", "'", '"', "&&")),
        "operations": Parser(text(_operations), lines(
            "services:\n", "* * * * * root cd /app && python x.py > /logs/x 2>&1\n", "web: gunicorn a:b\n[uwsgi]\nmodule = a\n",
            "log_dir: \"/logs\"\nx = open(data_dir or '/data/x')\n```sh\ndocker run -v /x:/root/y z\n```\n",
        ), lines("#", " ", "\n", "services:", "  a:\n", "* ", "@daily ", "dir", ":", ", ", "=", "(", "'/srv/x' ", "\"/x\", ", "url", "default=", "mkdir -p ",
                 "python ", "sh -c '", "$(", "| ", "&& ", "\\\n", "a/run.sh ", "```sh\n", "docker run ", "-v ", "sh ", "- ", "%", "\t")),
        "fleet": Parser(text(lambda t: parse_fleet(t, "fleet.toml")), lines(
            "[fleet]\nnodes = 3\nlayers = 40\n[[project]]\nname = 'a'\npath = 'a'\ninstances = 5\n[[project]]\ngit = 'https://x/y.git'\nrevision = 'v1'\n",
        ), lines("[fleet]\n", "[[project]]\n", "name", "path", "git", "image", "=", "'a'", "'--x'", "1", "-1", "\n", "[", "]", "{", "}", ".", ",", "true", "'\u001b'")),
        "image": Parser(lambda c: _file_read(io.BytesIO(c), "app", TextRoom(1 << 30)), (_layer(), *[source("a")], _layer_of_files()),
                        (b"\0" * 512, b"\x7fELF", b"#!", b"c", b"\n", b"\xff" * 12, b"BZh9", b"00000000777")),
    }  # fmt: skip
