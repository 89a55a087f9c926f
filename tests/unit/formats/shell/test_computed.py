"""Whether all programs of a script are named in its text."""

from __future__ import annotations

import pytest

from jettison.formats.shell import parse
from jettison.formats.shell.computed import computed_command
from jettison.values import Origin


def computed(text: str) -> str:
    script = parse(text, origin=Origin(file="start.sh", line=1))
    return computed_command(
        script, {"PORT", "RUNNER"}, {"functions.sh", "start.sh", "processes.conf"}
    )


@pytest.mark.parametrize(
    "text",
    [
        'set -e\nexec gunicorn --bind "0.0.0.0:$PORT" $OPTIONS app:app',
        'exec "$@"',
        "RUN=gunicorn\n[ -n \"$DEBUG\" ] && RUN='flask run'\nexec $RUN",
        'exec "$RUNNER" app:app',
        'PYTHON=$(command -v python3)\n"$PYTHON" -m app',
        '. ./functions.sh\n. /venv/bin/activate\nsh -c "sleep 1 && exec flask run --port $PORT"',
        'gosu app "$@"',
        'run() { if [ -n "$X" ]; then eval "$@"; else gosu app "$@"; fi; }\nrun test -r /data',
        'cmd="exec gunicorn -b 0.0.0.0:$PORT $@"\ncmd="su - app -c \'$cmd\'"\neval "$cmd"',
        '"$(dirname "$0")/functions.sh"',
        'log() { echo "$@"; }\nlog "listening on $ADDRESS"',
        'find "$FOLDER" -type f -exec chmod 640 {} +',
        "trap 'rm -f \"$LOCK\"' EXIT",
        "timeout 10 nc -z $HOST 5432",
        "until pg_isready -h $HOST; do sleep 1; done",
        'LIST="/etc/processes.conf"\nexec /usr/local/bin/supervisord -n -c "$LIST"',
        "supervisord --configuration /etc/processes.conf",
        'HOOK=./functions.sh\n. "${HOOK}"',
    ],
)
def test_what_the_text_names_is_told(text: str) -> None:
    assert computed(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        'eval "$BEFORE"',
        "$COMMAND --all",
        'exec $PREFIX "$@"',
        "exec bash",
        'sh -c "$HOOK"',
        "sh $HOOK",
        "source /etc/hooks.sh",
        'for each in /start.d/*; do "$each"; done',
        "run-parts /start.d",
        "supervisord -n",
        "supervisord -c /etc/others.conf",
        'LIST=/etc/processes.conf\nLIST="$1"\nexec supervisord -c "$LIST"',
        "[ ! -x /hooks/before.sh ] || /hooks/before.sh",
        'run=$(cat /etc/run)\nexec "$run"',
        'xargs "$TOOL" <list',
        'find . -exec "$TOOL" {} +',
        'gosu "$USER" "$TOOL"',
        'run() { "$@"; }\nrun "$TOOL" --all',
        'run() { exec env "$@"; }\nrun "$TOOL" --all',
        'trap "$HOOK" EXIT',
        "`cat /etc/run`",
        "read -r line\n$line",
    ],
)
def test_what_only_the_run_tells_is_named(text: str) -> None:
    assert computed(text)


@pytest.mark.parametrize(
    "text",
    [
        # each of these took time that grew with its square or its cube
        "".join(f"a{i}=$a{i + 1}\n" for i in range(3000)) + "a3000=x\n$a0\n",
        "\n" * 60_000 + "true",
    ],
)
def test_a_script_costs_what_its_length_does(text: str) -> None:
    assert computed(text) == ""


def test_no_depth_of_programs_that_run_others_is_told() -> None:
    assert computed(" ".join(f"exec env -u{i} nohup nice" for i in range(1500)) + " true")
