"""Which port an image is asked at."""

from __future__ import annotations

import pytest
from base_needs import project_of
from msgspec.structs import replace

from jettison.lift.stage import lifted
from jettison.verify.application import listening_ports, started_sources, wants_port


def ports(last: str, files: dict[str, str] | None = None, **environment: str) -> tuple[int, ...]:
    project = project_of(f"FROM python:3.13-slim\n{last}\n", files or {})
    return listening_ports(project, lifted(project), None, environment)


@pytest.mark.parametrize(
    ("command", "port"),
    [
        ('CMD ["uvicorn", "main:app", "--host", "0.0.0.0", "--port", "80"]', 80),
        ("CMD uvicorn main:app --port=8080", 8080),
        ('CMD ["gunicorn", "app:app", "-b", "0.0.0.0:80", "--workers", "40"]', 80),
        ("CMD gunicorn -w 4 --bind :5001 wsgi", 5001),
        ('CMD ["gunicorn", "--bind=[::]:5000", "wsgi"]', 5000),
        ('CMD ["python", "manage.py", "runserver", "0.0.0.0:9000"]', 9000),
        ("ENV PORT 8123\nCMD exec gunicorn --bind :$PORT app:app", 8123),
        ("CMD gunicorn --bind 0.0.0.0:${PORT:-8050} app:app", 8050),
        ('ENTRYPOINT ["uvicorn"]\nCMD ["main:app", "--port", "81"]', 81),
        ('CMD ["flask", "run", "--host=127.0.0.1"]', 5000),
        ('CMD ["python", "main.py"]', 8000),
        ("ENV MY_PORT=7000\nEXPOSE $MY_PORT\nCMD python main.py", 7000),
        ("ENV GRADIO_SERVER_PORT=80\nCMD gradio app.py", 80),
        ("ENV FLASK_RUN_PORT=8081\nCMD flask run --host=0.0.0.0", 8081),
        ("ENV REDIS_PORT=6379\nCMD flask run", 5000),
        ("CMD waitress-serve app:app", 8080),
    ],
)
def test_the_port_is_read_from_what_is_started(command: str, port: int) -> None:
    assert ports(command)[0] == port


def test_a_port_in_the_command_comes_before_those_that_are_only_exposed() -> None:
    assert ports("EXPOSE 9100 80\nCMD uvicorn main:app --port 80") == (80, 9100)


def test_start_scripts_and_settings_of_servers_are_read() -> None:
    files = {
        "boot.sh": "#!/bin/sh\nflask db upgrade\nexec gunicorn -b :5000 app:app\n",
        "wait.sh": "#!/bin/sh\npg_isready -h db -p 5432\nexec gunicorn -b :5050 app:app\n",
        "conf/gunicorn.conf.py": 'workers = 20\nbind = "0.0.0.0:8765"\n',
    }
    assert ports('ENTRYPOINT ["./boot.sh"]', files) == (5000,)
    assert ports('ENTRYPOINT ["./wait.sh"]', files) == (5050,)
    assert ports('CMD ["gunicorn", "-c", "conf/gunicorn.conf.py", "app"]', files) == (8765,)
    assert ports('CMD ["gunicorn", "-c", "python:conf.gunicorn.conf", "app"]', files) == (8000,)


def test_a_port_that_only_the_platform_sets_is_set() -> None:
    project = project_of("FROM python:3.13-slim\nCMD gunicorn -b :$PORT app:app\n", {})
    assert wants_port(project, lifted(project), None, {})
    assert not wants_port(project, lifted(project), None, {"PORT": "80"})
    project = project_of("FROM python:3.13-slim\nCMD gunicorn -b :${PORT:-80} app:app\n", {})
    assert not wants_port(project, lifted(project), None, {})


@pytest.mark.parametrize(
    ("text", "port"),
    [
        ("web.run_app(app)\n", 8080),
        ("web.run_app(app, port=8123)\n", 8123),
        ("app = Flask(__name__)\napp.run(host='0.0.0.0')\n", 5000),
        ("app = Flask(__name__)\napp.run(port=int(os.environ.get('PORT', 8081)))\n", 8081),
        ("PORT = 9001\nuvicorn.run(app, port=PORT)\n", 9001),
        ("HTTPServer(('', 8002), Handler).serve_forever()\n", 8002),
        ("app.listen(8888)\n", 8888),
        ("print('nothing')\n", 8000),
    ],
)
def test_a_port_is_found_in_the_source_that_is_started(text: str, port: int) -> None:
    project = project_of("FROM python:3.13-slim\n", {})
    assert listening_ports(project, lifted(project), None, {}, [text])[0] == port
    project = project_of("FROM python:3.13-slim\nEXPOSE 8765\n", {})
    assert listening_ports(project, lifted(project), None, {}, [text]) == (8765,)


@pytest.mark.parametrize(
    ("variables", "text", "port"),
    [
        ({"PORT": "9000"}, "app.run(port=int(os.environ.get('PORT', 8081)))\n", 9000),
        ({"SERVER_PORT": "9000"}, "serve(app, port=os.environ['SERVER_PORT'])\n", 9000),
        ({"SERVER_PORT": "9000"}, "app.run(port=8081)\n", 8081),
        ({"REDIS_PORT": "9000"}, "connect(os.environ['REDIS_PORT'])\n", 8000),
    ],
)
def test_a_variable_that_the_source_reads_sets_the_port(
    variables: dict[str, str], text: str, port: int
) -> None:
    project = project_of("FROM python:3.13-slim\n", {})
    assert listening_ports(project, lifted(project), None, variables, [text])[0] == port


@pytest.mark.parametrize("command", ['["python3", "-u", "src/serve.py"]', "python -m serve"])
def test_the_source_that_a_command_starts_is_found(command: str) -> None:
    files = {"src/serve.py": "", "test/other.py": ""}
    project = project_of(f"FROM python:3.13-slim\nCMD {command}\n", files)
    project = replace(project, files=dict.fromkeys(files, 0))
    assert started_sources(project, lifted(project), None) == ("src/serve.py",)
