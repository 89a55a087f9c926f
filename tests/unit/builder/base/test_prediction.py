import pytest

from jettison.plan.minimal_base import BaseRequest, predicted_size
from jettison.values import Basis


@pytest.mark.parametrize("python", ["3.13", "3.11", "3.9"])
def test_a_base_was_measured(python):
    full = predicted_size(BaseRequest(python=python))
    assert full.basis is Basis.CATALOGUED
    assert 30_000_000 < full.bytes < 50_000_000


def test_packages_add_what_is_not_there():
    base = predicted_size(BaseRequest(python="3.13"))
    magic = predicted_size(BaseRequest(python="3.13", packages=("libmagic1t64",)))
    assert 10_000_000 < magic.bytes - base.bytes < 11_000_000
    assert predicted_size(BaseRequest(python="3.13", packages=("libssl3t64",))) == base
    vector = predicted_size(BaseRequest(python="3.13", libraries=("libstdc++.so.6",)))
    assert 2_000_000 < vector.bytes - base.bytes < 4_000_000


def test_a_base_that_cannot_be_composed_has_no_size():
    assert predicted_size(BaseRequest(python="3.12")) is None
