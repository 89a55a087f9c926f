from threading import Event

import pytest

from jettison.processes.concurrent import beside


def test_work_is_waited_for() -> None:
    done = Event()
    with beside() as pool:
        pool.submit(done.set)
    assert done.is_set()


def test_after_a_failure_nobody_waits_and_nothing_further_is_begun() -> None:
    going, begun = Event(), Event()

    def failing() -> None:
        with beside() as pool:
            for _ in range(100):  # more than there are threads
                pool.submit(going.wait, 60)
            pool.submit(begun.set)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        failing()
    going.set()
    assert not begun.is_set()
