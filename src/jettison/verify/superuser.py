"""The account of a Django site's administration, which no form makes."""

from __future__ import annotations

from jettison.catalogue.reader import table
from jettison.engines.engine import Container
from jettison.verify.application import Application, find_application
from jettison.verify.exchange.answer import Answer, Exchange
from jettison.verify.interior import ask, find_interpreter
from jettison.verify.request import Credentials, VerificationRequest
from jettison.verify.setting import Setting

_OK = 200


def application_of(setting: Setting, request: VerificationRequest) -> Application:
    """Read where the application is from what starts it."""
    own = request.entrypoint or setting.facts.entrypoint
    command = (*own, *(request.command or (() if request.entrypoint else setting.facts.command)))
    environment = {**dict(setting.facts.environment), **request.environment}
    return find_application(command, environment, request.application)


def make_superuser(
    container: Container, setting: Setting, request: VerificationRequest
) -> Exchange:
    """Make the account in a running container, with the site's own code.

    The exchange is compared like any other: status 200, or 0 and why it was not made.
    """
    interpreter = find_interpreter(container, setting.facts)
    if interpreter is None:
        return _exchange("there is no Python on the path of the image")
    application = application_of(setting, request)
    usual = table("samples")["account"]
    account = request.credentials or Credentials(
        username=usual["username"], password=usual["password"]
    )
    asked = {
        "files": application.settings_files,
        "folders": application.folders,
        "superuser": (account.username, usual["email"], account.password),
    }
    answer, why = ask(container, interpreter, "django_site", asked)
    if answer and answer.get("made"):
        return _exchange("")
    return _exchange(why or "; ".join((answer or {}).get("failures") or ("no settings",)))


def _exchange(failure: str) -> Exchange:
    answer = Answer(status=0 if failure else _OK, failure=failure)
    return Exchange(name="make the account of the administration", answer=answer)
