import pytest


def check():
    return pytest.main(["--cov"])
