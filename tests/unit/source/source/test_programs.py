from textwrap import dedent

import pytest

from jettison.source.effects import libraries_loaded, programs_called, time_zones
from jettison.source.parse import parse


def called(source: str):
    facts = parse("m.py", dedent(source).encode())
    return [c.program for c in programs_called([facts])]


def test_a_list_of_words_with_computed_parts():
    assert called("import subprocess\nsubprocess.run(['/bin/cp', '-r', source, 'out'])") == ["cp"]


def test_every_command_of_a_shell_text():
    assert called("import os\nos.system('cd /x && tar czf a.tgz . | gzip -9')") == [
        "cd",
        "tar",
        "gzip",
    ]


def test_renamed_imports_and_words_held_in_a_variable():
    source = """
        from subprocess import check_output as capture
        command = ["git", "rev-parse", "HEAD"]
        capture(command)
    """
    assert called(source) == ["git"]


def test_formatted_text_keeps_its_program():
    assert called("import subprocess\nsubprocess.run(f'ffmpeg -i {path}', shell=True)") == [
        "ffmpeg"
    ]


def test_asyncio_and_exec_give_one_word_an_argument():
    source = """
        import asyncio, os
        async def f():
            await asyncio.create_subprocess_exec("pg_dump", "-Fc", url)
        os.execvp("nginx", ["nginx", "-g"])
    """
    assert called(source) == ["pg_dump", "nginx"]


def test_a_computed_program_is_said_to_be_so():
    assert called("import subprocess\nsubprocess.Popen(command)") == [""]


def test_looking_for_a_program_is_not_running_it():
    facts = parse("m.py", b"import shutil\nshutil.which('docker')")
    assert [(c.program, c.searched) for c in programs_called([facts])] == [("docker", True)]


def test_methods_of_the_same_name_are_not_programs():
    assert called("client.run(['docker'])\nself.system('x')") == []


def test_libraries_and_zones():
    facts = parse(
        "m.py",
        b"import ctypes.util\nfrom zoneinfo import ZoneInfo\n"
        b"ctypes.CDLL('libmagic.so.1')\nctypes.util.find_library('vips')\nZoneInfo('Asia/Tokyo')",
    )
    assert [found.name for found in libraries_loaded([facts])] == ["libmagic.so.1", "vips"]
    assert [found.name for found in time_zones([facts])] == ["Asia/Tokyo"]


def test_every_program_that_a_call_may_run_is_seen():
    source = """
        import subprocess
        TOOL = "tesseract"
        def convert(fast, words):
            if fast:
                command = ["gm", "convert"]
            else:
                command = ["convert"]
            command += words
            subprocess.run(command)
            subprocess.run(["pdftotext" if fast else "mutool", words])
            subprocess.run([TOOL, words])
    """
    assert sorted(called(source)) == ["convert", "gm", "mutool", "pdftotext", "tesseract"]


def test_a_name_of_another_function_says_nothing():
    source = """
        import subprocess
        def one():
            command = ["git", "gc"]
            subprocess.run(command)
        def two(command):
            subprocess.run(command)
        def three(commands):
            for command in commands:
                subprocess.run(command)
        def four(queue):
            command, _ = queue.get()
            subprocess.run(command)
    """
    assert called(source) == ["git", "", "", ""]


@pytest.mark.parametrize(
    ("source", "programs"),
    [
        ("for tool in ('git', 'curl'): run([tool, '-V'])", ["git", "curl"]),
        ("TOOLS = ['git', 'curl']\nfor tool in sorted(TOOLS):\n    run([tool])", ["git", "curl"]),
        ("for n, (a, b) in enumerate([('x', 'git')]): run([b])", ["git"]),
        ("for kind, tool in {'zip': 'unzip', 'tar': 'tar'}.items(): run(tool)", ["unzip", "tar"]),
        ("[run(command) for command in (['git', 'gc'], ['svn', 'up'])]", ["git", "svn"]),
        ("TOOLS = {'zip': 'unzip'}\nrun([TOOLS[kind], 'x'])", ["unzip"]),
        ("TOOLS = {'zip': 'unzip'}\nrun([TOOLS.get(kind, 'file'), 'x'])", ["unzip", "file"]),
        ("TOOLS = {'zip': 'unzip'}\nTOOLS[kind] = tool\nrun([TOOLS[kind], 'x'])", [""]),
        ("tools = ['git']\ntools.append(tool)\nfor each in tools:\n    run([each])", [""]),
        ("for tool in os.environ['TOOLS'].split(): run([tool])", [""]),
        (f"for tool in {tuple(map('tool{}'.format, range(50)))}: run([tool])", None),
    ],
)
def test_a_program_that_is_taken_out_of_a_list_or_a_table(source, programs):
    found = called(f"import os\nfrom subprocess import run\n{source}")
    if programs is None:
        assert "" in found, "more than are looked at"
    else:
        assert found == programs


def test_pip_is_run_as_a_module():
    assert "pip" in called("import os\nos.system('python3 -m pip install x')")
    assert "pip" in called("import subprocess, sys\nsubprocess.run([sys.executable, '-m', 'pip'])")
    assert "pip" not in called("import os\nos.system('python -m app pip')")


def test_libraries_whose_names_are_computed():
    source = b"import ctypes\nctypes.CDLL(None)\nctypes.CDLL(path)\nctypes.CDLL(f'{path}/libx.so')"
    facts = parse("m.py", source + b"\nfor name in ('magic', 'xml2'): ctypes.CDLL(name)")
    found = [(each.name, each.origin.line) for each in libraries_loaded([facts])]
    assert found == [("", 3), ("libx.so", 4), ("magic", 5), ("xml2", 5)]


def test_a_word_behind_a_program_that_runs_others_may_be_one():
    source = b"import os\nos.system('timeout 5 gpg -d x | xargs -0 touch')"
    found = [(each.program, each.perhaps) for each in programs_called([parse("m.py", source)])]
    assert found == [
        ("timeout", False), ("gpg", True), ("x", True), ("xargs", False), ("touch", True)
    ]  # fmt: skip


def test_tables_of_tables_are_not_followed_without_end():
    tables = [
        f"T{depth} = [{', '.join(f'T{depth + 1}[{one}]' for one in range(16))}]"
        for depth in range(12)
    ]
    source = ["from subprocess import run", *tables, "T12 = ['a', 'b']", *["run(T0[1])"] * 20]
    assert set(called("\n".join(source))) == {""}
