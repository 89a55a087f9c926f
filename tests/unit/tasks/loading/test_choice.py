import pytest

from jettison.errors import InputSyntaxError, ProjectError
from jettison.tasks.loading.choice import choose
from jettison.tasks.loading.project import load_project

COMPOSE = """\
services:
  proxy:
    build: ./proxy
  web:
    build: ./web
  worker:
    build: ./web
"""
PYTHON = "FROM python:3.12-slim\nCOPY . .\n"


def chosen(files, **options):
    below = [name for name in files if "/" in name]
    options = {"deeper": lambda: below} | options
    return choose([name for name in files if "/" not in name], files.get, **options)


def test_the_only_python_image_beside_a_proxy_is_meant():
    files = {
        "compose.yaml": COMPOSE,
        "proxy/Dockerfile": "FROM nginx:1.27\n",
        "web/Dockerfile": PYTHON,
    }
    assert chosen(files).service == "web"


def test_a_python_image_is_known_by_what_it_installs():
    files = {
        "compose.yaml": COMPOSE,
        "proxy/Dockerfile": "FROM nginx:1.27\n",
        "web/Dockerfile": "FROM ubuntu:24.04\nRUN apt-get update && pip3.12 install flask\n",
    }
    assert chosen(files).service == "web"


def test_two_python_images_leave_the_choice_open():
    files = {"compose.yaml": COMPOSE, "proxy/Dockerfile": PYTHON, "web/Dockerfile": PYTHON}
    with pytest.raises(ProjectError, match="builds 2 images"):
        chosen(files)


def test_of_services_of_one_image_that_with_a_port_is_meant():
    compose = (
        "services:\n  migrate: {build: ., command: alembic upgrade head}\n"
        "  api: {build: ., ports: ['8000:8000']}\n  worker: {build: ., command: celery worker}\n"
    )
    assert chosen({"compose.yaml": compose, "Dockerfile": PYTHON}).service == "api"


def test_of_two_python_images_that_of_the_folder_is_meant():
    compose = "services:\n  client: {build: ./client}\n  site: {build: .}\n"
    files = {"compose.yaml": compose, "client/Dockerfile": PYTHON, "Dockerfile": PYTHON}
    assert chosen(files).service == "site"


def test_services_whose_dockerfiles_are_not_there_leave_the_folders_own():
    compose = "services:\n  back: {build: ./backend}\n  front: {build: ./frontend}\n"
    found = chosen({"compose.yaml": compose, "Dockerfile": PYTHON})
    assert (found.dockerfile, found.service) == ("Dockerfile", None)
    assert "Dockerfile is looked at" in found.passed_over[0].reason
    some = chosen({"compose.yaml": compose, "backend/Dockerfile": PYTHON, "Dockerfile": PYTHON})
    assert some.service == "back"


def test_a_named_service_is_taken_whatever_it_builds():
    files = {
        "compose.yaml": COMPOSE,
        "proxy/Dockerfile": "FROM nginx:1.27\n",
        "web/Dockerfile": PYTHON,
    }
    assert chosen(files, service="proxy").dockerfile == "proxy/Dockerfile"


def test_a_dockerfile_that_is_named_alone_takes_no_service():
    files = {"compose.yaml": COMPOSE, "proxy/Dockerfile": PYTHON, "web/Dockerfile": PYTHON}
    taken = chosen(files, dockerfile="web/Dockerfile")
    assert (taken.context, taken.compose, taken.service) == ("web", None, None)


def test_a_compose_file_that_is_wrong_is_no_obstacle_where_a_dockerfile_is_named():
    files = {"compose.yaml": "services: [", "Dockerfile": PYTHON}
    assert chosen(files, dockerfile="Dockerfile").dockerfile == "Dockerfile"


def test_the_password_of_a_context_that_is_a_repository_is_not_shown():
    where = "https://me:s3cret@example.org/x.git"
    files = {
        "compose.yaml": f"services:\n  web:\n    build: {where}\n", "Dockerfile": PYTHON,
    }  # fmt: skip
    (passed,) = chosen(files).passed_over
    assert "example.org" in passed.what
    assert "s3cret" not in f"{passed.what} {passed.reason}"


VARIABLES = """\
services:
  web:
    build:
      context: ${PLACE}
      dockerfile: ${FILE:-Dockerfile}
"""


def test_variables_of_a_build_come_from_the_environment_file_or_the_environment():
    files = {"compose.yaml": VARIABLES, ".env": "PLACE=web\n", "web/Dockerfile": PYTHON}
    assert chosen(files).dockerfile == "web/Dockerfile"
    files["web/Dockerfile.production"] = PYTHON
    taken = chosen(files, environment={"FILE": "Dockerfile.production"})
    assert taken.dockerfile == "web/Dockerfile.production"


def test_a_dockerfile_is_built_from_the_folder_that_has_what_it_copies():
    dockerfile = "FROM python\nCOPY --chown=app requirements.txt ./\nCOPY . .\n"
    files = {"api/Dockerfile": dockerfile, "api/requirements.txt": "flask\n"}
    assert chosen(files, dockerfile="api/Dockerfile").context == "api"
    files["requirements.txt"] = "django\n"
    assert chosen(files, dockerfile="api/Dockerfile").context == ""


DEVELOPMENT = """\
services:
  web:
    build:
      context: .
      dockerfile: Dockerfile.dev
"""


@pytest.mark.parametrize("name", ["docker/local.Dockerfile", "Dockerfile.local"])
def test_the_dockerfile_beside_a_local_one_is_meant(name: str):
    compose = DEVELOPMENT.replace("Dockerfile.dev", name)
    taken = chosen({"compose.yaml": compose, name: PYTHON, "Dockerfile": PYTHON})
    assert (taken.dockerfile, taken.service) == ("Dockerfile", None)


def test_the_dockerfile_beside_one_for_development_is_meant():
    files = {"compose.yaml": DEVELOPMENT, "Dockerfile.dev": PYTHON, "Dockerfile": PYTHON}
    taken = chosen(files)
    assert (taken.dockerfile, taken.service) == ("Dockerfile", None)
    assert "Dockerfile.dev, which is for development" in taken.passed_over[0].reason


def test_a_dockerfile_for_development_that_is_alone_is_meant():
    inner = "docker/development/Dockerfile"
    files = {"compose.yaml": DEVELOPMENT.replace("Dockerfile.dev", inner), inner: PYTHON}
    assert chosen({**files, "Dockerfile": PYTHON}).dockerfile == "Dockerfile"
    taken = chosen({"compose.yaml": DEVELOPMENT, "Dockerfile.dev": PYTHON})
    assert (taken.dockerfile, taken.service) == ("Dockerfile.dev", "web")


def test_the_last_stage_is_meant_where_a_service_builds_one_for_development():
    stages = "FROM python:3.12 AS dev\nCMD flask run --debug\nFROM dev AS final\nCMD gunicorn a:a\n"
    compose = "services:\n  web:\n    build:\n      context: .\n      target: dev\n"
    taken = chosen({"compose.yaml": compose, "Dockerfile": stages})
    assert (taken.dockerfile, taken.target, taken.service) == ("Dockerfile", None, None)


def test_a_stage_named_for_production_is_meant_even_without_a_command():
    stages = "FROM python:3.12 AS dev\nCMD flask run --debug\nFROM python:3.12-slim AS prod\n"
    compose = "services:\n  web:\n    build:\n      context: .\n      target: dev\n"
    assert chosen({"compose.yaml": compose, "Dockerfile": stages}).target is None


def test_the_only_dockerfile_of_the_folders_is_meant():
    below = ["docker/Dockerfile", "web/Dockerfile"]
    files = {"docker/Dockerfile": PYTHON, "web/Dockerfile": "FROM node:22\n"}
    taken = chosen(files, deeper=lambda: below)
    assert taken.dockerfile == "docker/Dockerfile"


@pytest.mark.parametrize(
    ("names", "meant"),
    [
        (["Dockerfile.dev", "Dockerfile.prod"], "Dockerfile.prod"),
        (["docker/Dockerfile", "docker/Dockerfile.assets"], "docker/Dockerfile"),
        (["docker/Dockerfile", "docker/Dockerfile.production"], "docker/Dockerfile.production"),
    ],
)
def test_of_several_dockerfiles_that_for_production_is_meant(names, meant):
    assert chosen(dict.fromkeys(names, PYTHON)).dockerfile == meant


def test_several_dockerfiles_of_one_kind_leave_the_choice_open():
    with pytest.raises(ProjectError, match="several Dockerfiles"):
        chosen(dict.fromkeys(["Dockerfile.api", "Dockerfile.worker"], PYTHON))


def test_a_compose_file_for_production_is_found_by_its_name():
    files = {
        "local.yml": COMPOSE,
        "production.yml": COMPOSE.replace("./web", "./server"),
        "web/Dockerfile": PYTHON,
        "server/Dockerfile": PYTHON,
    }
    assert chosen(files).compose == "production.yml"
    assert chosen({"production.yml": "- hosts: all\n", "Dockerfile": PYTHON}).compose is None


def test_the_image_for_production_lies_beside_that_for_development():
    files = {
        "compose.yaml": "services:\n  web:\n    build: {dockerfile: docker/local/web/Dockerfile}\n",
        "docker/local/web/Dockerfile": PYTHON,
        "docker/production/web/Dockerfile": PYTHON,
    }
    files["compose.yaml"] = files["compose.yaml"].replace("{", "{context: ., ")
    taken = chosen(files)
    assert taken.dockerfile == "docker/production/web/Dockerfile"
    assert "for development by its name" in taken.passed_over[0].reason


def test_an_argument_that_a_service_sets_for_development_leaves_the_own_one():
    arguments = "{REQUIREMENTS: requirements/tests.txt, A: b}"
    compose = f"services:\n  web:\n    build: {{context: ., args: {arguments}}}\n"
    own = PYTHON + "ARG REQUIREMENTS=requirements/prod.txt\nRUN pip install -r $REQUIREMENTS\n"
    taken = chosen({"compose.yaml": compose, "Dockerfile": own})
    assert taken.service == "web"
    assert taken.arguments == {"A": "b"}
    assert "REQUIREMENTS=requirements/tests.txt is for development" in taken.passed_over[0].reason
    bare = own.replace("=requirements/prod.txt", "")
    assert len(chosen({"compose.yaml": compose, "Dockerfile": bare}).arguments) == 2


NAMED = "services:\n  web:\n    build: {context: ., dockerfile: docker/Dockerfile.prd}\n"


def test_the_only_dockerfile_beside_one_that_does_not_exist_is_taken_and_told():
    taken = chosen({"compose.yaml": NAMED, "Dockerfile": PYTHON, "x/Dockerfile": PYTHON})
    assert (taken.dockerfile, taken.service) == ("Dockerfile", "web")
    assert taken.passed_over[0].what == "docker/Dockerfile.prd"
    assert "does not exist: Dockerfile is looked at" in taken.passed_over[0].reason


def test_a_project_whose_files_were_moved_has_its_own_dockerfile():
    compose = "services:\n  web:\n    build: ./app\n    environment: [CACHE=redis]\n"
    taken = chosen({"docker-compose.yml": compose, "Dockerfile": PYTHON})
    assert (taken.dockerfile, taken.context, taken.service) == ("Dockerfile", "", "web")
    assert "app/Dockerfile" in taken.passed_over[0].what


def test_several_dockerfiles_beside_one_that_does_not_exist_leave_the_choice_open():
    files = {"compose.yaml": NAMED, "Dockerfile.a": PYTHON, "docker/Dockerfile.b": PYTHON}
    with pytest.raises(ProjectError, match="Dockerfile of web cannot be read") as caught:
        chosen(files)
    assert "beside it there are Dockerfile.a, docker/Dockerfile.b" in caught.value.why


def test_a_compose_file_that_compose_refuses_leaves_the_dockerfile():
    files = {"docker-compose.yml": "web:\n  build: .\n", "Dockerfile": PYTHON}
    taken = chosen(files)
    assert (taken.dockerfile, taken.service) == ("Dockerfile", None)
    assert "no services" in taken.passed_over[0].reason
    with pytest.raises(InputSyntaxError, match="no services"):
        chosen(files, service="web")


def test_a_proxy_whose_files_a_stage_with_python_makes_is_no_python_image():
    compose = "services:\n  proxy:\n    build: {context: ., dockerfile: proxy.Dockerfile}\n"
    compose += "  app:\n    build: {context: ., dockerfile: app.Dockerfile}\n"
    proxy = "FROM python:3.13 AS made\nRUN ./collect\nFROM nginx\nCOPY --from=made /s /s\n"
    files = {"compose.yaml": compose, "proxy.Dockerfile": proxy, "app.Dockerfile": PYTHON}
    assert chosen(files).service == "app"


def test_an_image_of_the_folder_is_meant_and_not_those_that_serve_development():
    compose = "services:\n  base:\n    build: {context: ., dockerfile: docker/Dockerfile}\n"
    compose += "  devcontainer:\n    build: {context: ., dockerfile: docker/dev/Dockerfile}\n"
    compose += "  fake:\n    build: ./docker/fake\n"
    places = ("docker", "docker/dev", "docker/fake")
    files = {"compose.yaml": compose} | {f"{place}/Dockerfile": PYTHON for place in places}
    assert chosen(files).service == "base"


def test_of_dockerfiles_in_folders_the_topmost_for_python_is_taken():
    database = "FROM postgres:17\n"
    files = {"docker/app/Dockerfile": PYTHON, "docker/db/Dockerfile": database}
    assert chosen(files).dockerfile == "docker/app/Dockerfile"
    files = {".devcontainer/Dockerfile": PYTHON, "docker/Dockerfile": PYTHON}
    assert chosen(files | {"demo/one/Dockerfile": PYTHON}).dockerfile == "docker/Dockerfile"
    with pytest.raises(ProjectError, match="no Dockerfile"):
        chosen({"one/Dockerfile": PYTHON, "two/Dockerfile": PYTHON})


def test_of_services_that_build_stages_of_one_file_that_with_python_is_meant():
    stages = "FROM postgres:17 AS database\nFROM python:3.12-slim AS site\nCMD python main.py\n"
    compose = "services:\n  db: {build: {context: ., target: database}}\n"
    compose += "  web: {build: {context: ., target: site}}\n"
    assert chosen({"compose.yaml": compose, "Dockerfile": stages}).service == "web"


def test_a_name_in_small_letters_is_that_of_the_dockerfile():
    files = {"dockerfile": PYTHON, "dockerfile.nginx": "FROM nginx:1.27\n"}
    assert chosen(files).dockerfile == "dockerfile"
    compose = (
        "services:\n  web: {build: .}\n  proxy: {build: {context: ., dockerfile: Dockerfile.p}}\n"
    )
    assert chosen({**files, "compose.yaml": compose}).dockerfile == "dockerfile"
    alone = chosen({"dockerfile": PYTHON, "compose.yaml": "services:\n  web: {build: .}\n"})
    assert (alone.dockerfile, alone.service) == ("dockerfile", "web")


def test_a_description_of_builds_and_hidden_folders_are_passed_over():
    names = ["dockerfile.build.yaml", ".github/workflows/Dockerfile", "docker/Dockerfile"]
    assert chosen(dict.fromkeys(names, PYTHON)).dockerfile == "docker/Dockerfile"


def test_of_folders_for_development_and_production_the_second_is_meant():
    below = [f"compose/{kind}/django/Dockerfile" for kind in ("local", "production")]
    files = {"production.yml": "services: {web: {image: shop}}\n", **dict.fromkeys(below, PYTHON)}
    assert chosen(files).dockerfile == below[1]


def test_of_images_from_one_folder_the_first_with_a_port_is_meant():
    compose = (
        "services:\n"
        "  worker: {build: {context: ., dockerfile: docker/worker.Dockerfile}}\n"
        "  web: {build: {context: ., dockerfile: docker/web.Dockerfile}, ports: ['80:8000']}\n"
    )
    files = {
        "compose.yaml": compose,
        "docker/worker.Dockerfile": PYTHON,
        "docker/web.Dockerfile": PYTHON,
    }
    assert chosen(files).service == "web"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("image: ghcr.io/somebody/shop:latest", "site"),
        ("image: somebody/shop-api@sha256:00", "site"),
        ("image: registry:5000/x\n    command: python manage.py runserver", "site"),
        ("image: x\n    entrypoint: [/bin/bash, /srv/start.sh]", "site"),
        ("image: x\n    command: celery -A config worker", "site"),
        ("image: x\n    command: gunicorn config.wsgi:application", "site"),
        ("image: shop", None),
        ("image: python:3.12-slim\n    command: python manage.py runserver", None),
        ("image: x\n    command: /srv/start.sh\n    volumes: ['./start.sh:/srv/start.sh']", None),
        ("image: x\n    command: python other.py", None),
        ("image: somebody/workshop", None),
    ],
)
def test_a_service_runs_an_image_of_the_project_that_is_built_elsewhere(said, expected):
    files = {
        "compose.yaml": f"services:\n  db: {{image: postgres}}\n  site:\n    {said}\n",
        "Dockerfile": PYTHON,
        "manage.py": "",
        "start.sh": "",
        "config/__init__.py": "",
        "config/wsgi.py": "",
    }
    choice = chosen(files, project="shop")
    assert (choice.dockerfile, choice.service) == ("Dockerfile", expected)


@pytest.fixture
def repository(tmp_path):
    for folder in (".git", "shop/web"):
        (tmp_path / folder).mkdir(parents=True)
    compose = "services:\n  site: {build: ./shop/web, command: flask run}\n  base: {image: redis}\n"
    (tmp_path / "compose.yaml").write_text(compose)
    (tmp_path / "shop/web/Dockerfile").write_text(PYTHON)
    return tmp_path


def test_a_folder_is_looked_at_as_the_compose_file_of_its_repository_builds_it(repository):
    loaded = load_project(repository / "shop/web", dockerfile=None, service=None)
    assert (loaded.root, loaded.project.service) == (repository, "site")
    assert loaded.project.context == "shop/web"
    assert str(repository) in loaded.project.skipped[0].reason


def test_a_folder_that_is_meant_by_its_dockerfile_is_looked_at_by_itself(repository):
    loaded = load_project(repository / "shop/web", dockerfile="Dockerfile", service=None)
    assert loaded.root == repository / "shop/web"


@pytest.mark.parametrize("change", ["no repository", "other folder", "own compose file", "own git"])
def test_what_lies_above_a_folder_counts_only_where_it_builds_that(repository, change):
    if change == "no repository":
        (repository / ".git").rmdir()
    elif change == "own git":
        (repository / "shop/web/.git").mkdir()
    elif change == "other folder":
        (repository / "compose.yaml").write_text("services:\n  site: {build: ./shop/api}\n")
    else:
        (repository / "shop/web/compose.yaml").write_text("services:\n  own: {build: .}\n")
    loaded = load_project(repository / "shop/web", dockerfile=None, service=None)
    assert loaded.root == repository / "shop/web"
