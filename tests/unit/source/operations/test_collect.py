from jettison.source import Use
from jettison.source.operations_collect import collect, find_script


def uses(texts, **options):
    found = collect(texts, **options)
    return {" ".join(command.words): command.use for command in found.commands}


def test_a_script_is_used_as_its_caller_is():
    found = uses(
        {
            "Dockerfile": 'FROM python\nRUN ./scripts/build.sh\nCMD ["/app/start.sh"]',
            "scripts/build.sh": "#!/bin/sh\nmake-assets",
            "deploy/start.sh": "#!/bin/sh\n. ./scripts/common.sh\nserve-app",
            "scripts/common.sh": "prepare-app",
            "scripts/test.sh": "run-tests",
            "scripts/rotate.sh": "rotate-keys",
            "shop/static/vendor/charts/script/cut.sh": "cut-release",
        },
        dockerfile="Dockerfile",
    )
    assert found["cut-release"] is Use.DEVELOPMENT
    assert found["make-assets"] is Use.BUILD
    assert found["serve-app"] is Use.PRODUCTION
    assert found["prepare-app"] is Use.PRODUCTION
    assert found["run-tests"] is Use.DEVELOPMENT
    assert found["rotate-keys"] is Use.UNCALLED


def test_scripts_are_told_apart_by_their_folders():
    scripts = ["docker/api/start.sh", "docker/worker/start.sh"]
    assert find_script("/worker/start.sh", scripts) == "docker/worker/start.sh"
    assert find_script("./start", scripts) is None


def test_a_script_is_known_by_the_name_under_which_it_is_copied():
    copied = "COPY --chown=app ./deploy/live/web/start /start\nCOPY deploy/live/worker/run /work\n"
    found = uses(
        {
            "deploy/live/web/Dockerfile": f'FROM python\n{copied}CMD ["/start"]\n',
            "deploy/live/web/start": "#!/bin/sh\nserve-app",
            "deploy/live/worker/run": "#!/bin/sh\nwork-off",
            "deploy/docs/start": "#!/bin/sh\nserve-docs",
            "compose.yaml": "services:\n  worker:\n    image: shop\n    command: /work\n",
        },
        dockerfile="deploy/live/web/Dockerfile",
        compose="compose.yaml",
    )
    assert found["serve-app"] is Use.PRODUCTION
    assert found["work-off"] is Use.PRODUCTION
    assert found["serve-docs"] is not Use.PRODUCTION


def test_variables_of_the_image_and_its_service():
    found = collect(
        {
            "Dockerfile": "FROM python\nENV DJANGO_SETTINGS_MODULE=site.production",
            "compose.yaml": (
                "services:\n  web:\n    env_file: web.env\n    environment: {DEBUG: '0'}\n"
                "  other:\n    environment: {DEBUG: '1'}\n"
            ),
            "web.env": "CACHE_URL=redis://cache\n",
        },
        dockerfile="Dockerfile",
        compose="compose.yaml",
        service="web",
    )
    assert found.environment["DJANGO_SETTINGS_MODULE"] == "site.production"
    assert found.environment["CACHE_URL"] == "redis://cache"
    assert found.environment["DEBUG"] == "0"


def test_the_shell_behind_minus_c_is_looked_into():
    found = uses({"Dockerfile": 'FROM python\nCMD ["sh", "-c", "migrate && exec serve --all"]'})
    assert set(found) == {"migrate", "exec serve --all"}


def test_files_for_development_are_told_by_their_names():
    found = uses(
        {
            "Dockerfile": "FROM python\nCMD serve",
            "Dockerfile.dev": "FROM python\nCMD serve --reload",
            "docker-compose.test.yml": "services: {web: {command: run-tests}}",
            ".github/workflows/ci.yml": "steps:\n  - run: |\n      lint-all .\n",
        },
        dockerfile="Dockerfile",
    )
    assert found["serve"] is Use.PRODUCTION
    assert found["serve --reload"] is Use.DEVELOPMENT
    assert found["run-tests"] is Use.DEVELOPMENT
    assert found["lint-all ."] is Use.DEVELOPMENT


def test_the_chosen_file_is_production_whatever_its_name():
    texts = {"ci/Dockerfile.dev": "FROM python\nCMD serve"}
    assert uses(texts)["serve"] is Use.DEVELOPMENT
    assert uses(texts, dockerfile="ci/Dockerfile.dev")["serve"] is Use.PRODUCTION


def test_files_that_are_not_valid_cost_themselves_alone():
    found = uses(
        {
            "Dockerfile": "FROM python\nCMD serve",
            "Dockerfile.broken": "FRM python",
            "compose.yaml": "services: [",
        },
        dockerfile="Dockerfile",
    )
    assert found == {"serve": Use.PRODUCTION}


def test_a_url_of_a_configuration_file_is_kept_with_its_key():
    found = collect(
        {"config/app.ini": "[db]\nurl = postgresql+psycopg://u@db/x\n# url = mysql://y"}
    )
    assert [(t.value, t.role, str(t.origin)) for t in found.texts] == [
        ("postgresql+psycopg://", "url", "config/app.ini:2")
    ]


def test_a_makefile_without_targets_says_nothing():
    texts = {"Dockerfile": 'FROM python\nCMD ["serve-app"]', "Makefile": "# run: serve-app\n\n"}
    assert uses(texts, dockerfile="Dockerfile")["serve-app"] is Use.PRODUCTION


def test_what_a_makefile_of_another_folder_runs_is_used_as_its_caller_is():
    texts = {
        "Dockerfile": "FROM python\nRUN make book",
        "Makefile": "book:\n\t$(MAKE) --directory=docs html\ncheck:\n\trun-tests\n",
        "docs/Makefile": "BUILDER ?= make-book\n%: Makefile\n\t@$(BUILDER) -M $@ $(OPTIONS)\n",
    }
    found = uses(texts, dockerfile="Dockerfile")
    assert found["make-book -M $@ $(OPTIONS)"] is Use.BUILD
    assert found["run-tests"] is Use.DEVELOPMENT


def test_a_shell_that_a_shell_starts_has_its_commands_read_too():
    command = 'sh -c "python manage.py migrate && gunicorn shop.app:app & celery -A shop beat"'
    found = uses({"Dockerfile": f"FROM python\nCMD {command}\n"}, dockerfile="Dockerfile")
    served = {"python manage.py migrate", "gunicorn shop.app:app", "celery -A shop beat"}
    assert {words for words, use in found.items() if use is Use.PRODUCTION} == served
