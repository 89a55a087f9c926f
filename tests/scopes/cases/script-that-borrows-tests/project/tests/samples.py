import pytest
import responses


def sample():
    return responses
