from __future__ import annotations

from threading import Event

import pytest

from jettison.processes.concurrent import GoOn, ahead, in_background


def test_it_goes_on_while_the_caller_works() -> None:
    asked, answered = Event(), Event()

    def work() -> str:
        assert asked.wait(30)
        answered.set()
        return "done"

    result = in_background(work)
    asked.set()
    assert answered.wait(30)
    assert result() == "done"


def test_what_it_raises_is_raised_where_it_is_waited_for() -> None:
    def work() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        in_background(work)()


def test_an_error_of_the_caller_ends_what_is_done_ahead() -> None:
    ended = Event()
    error = RuntimeError("the index does not answer")

    def work(go_on: GoOn) -> None:
        while go_on():
            """Do a piece."""
        ended.set()

    with pytest.raises(RuntimeError), ahead(work):
        raise error
    assert ended.wait(30)
