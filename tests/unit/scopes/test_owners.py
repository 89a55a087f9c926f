from jettison.scopes.owners import Owners, guessed_import_names


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
