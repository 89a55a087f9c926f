from jettison.index import DistributionFacts, Source
from jettison.lift.scopes.context import Owners, guessed_import_names


def test_unknown_distributions_are_looked_for_under_likely_names():
    assert {"magic", "python_magic"} <= guessed_import_names("python-magic")
    assert "extensions" in guessed_import_names("django-extensions")
    assert "google.cloud.storage" in guessed_import_names("google-cloud-storage")


def test_a_guess_is_never_a_module_of_the_standard_library():
    assert "types" not in guessed_import_names("django-types")


def test_words_and_modules_find_their_distribution():
    owners = Owners(["flask-login"], {})
    assert owners.of_module("flask_login.utils") == ("flask-login",)
    assert owners.of_word("flask-login") == ("flask-login",)
    assert owners.of_module("flask") == ()


def test_a_release_without_a_wheel_may_have_a_program_of_its_own_name():
    facts = DistributionFacts(name="uwsgi", version="2.0.28", sdist_only=True, source=Source.INDEX)
    assert Owners(["uwsgi"], {"uwsgi": facts}).of_program("uwsgi") == ("uwsgi",)


def test_a_wheel_without_programs_has_none_of_its_own_name():
    facts = DistributionFacts(name="sh", version="2.0.7", source=Source.INDEX)
    assert Owners(["sh"], {"sh": facts}).of_program("sh") == ()
