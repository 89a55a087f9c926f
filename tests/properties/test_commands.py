"""Any command: a recogniser says what it sees, or None, and never fails."""

from hypothesis import given
from hypothesis import strategies as st

from jettison.ecosystems import commands
from jettison.formats.shell import parse
from jettison.values import Origin

OF_A_COMMAND = [
    commands.system_install,
    commands.system_remove,
    commands.index_update,
    commands.system_upgrade,
    commands.cleanup,
    commands.pip_install,
    commands.project_install,
    commands.tool_setting,
    commands.virtual_environment,
    commands.compile_bytecode,
    commands.management,
    commands.user_change,
    commands.group_change,
    commands.permission,
    commands.directories,
    commands.removal,
    commands.written_paths,
]
WORDS = st.sampled_from(
    [
        *(
            "sudo",
            "env",
            "A=1",
            "timeout",
            "uv",
            "run",
            "poetry",
            "python3",
            "-m",
            "pip",
            "install",
        ),
        *(
            "apt-get",
            "apk",
            "add",
            "del",
            "yum",
            "remove",
            "update",
            "clean",
            "rm",
            "sync",
            "export",
        ),
        *("config", "venv", "compileall", "manage.py", "useradd", "adduser", "addgroup", "usermod"),
        *(
            "chown",
            "chmod",
            "-R",
            "+x",
            "-x",
            "mkdir",
            "-d",
            "curl",
            "tee",
            "-o",
            "--",
            "-",
            "--a=b",
        ),
        *(
            "$X",
            '"$(curl x)"',
            "''",
            "> /etc/apt/a",
            "<<< b",
            "| sh",
            "&& ",
            "-u",
            "-g",
            "/a/{b,c}",
        ),
    ]
)


@given(words=st.lists(WORDS, max_size=6))
def test_no_command_is_too_strange(words: list[str]) -> None:
    script = parse(" ".join(words), origin=Origin(file="Dockerfile", line=1))
    for command in script.programs:
        for recognise in OF_A_COMMAND:
            recognise(command)
    commands.apt_sources(script)
