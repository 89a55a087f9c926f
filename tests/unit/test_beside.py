from threading import Event

import pytest

from jettison.processes.concurrent import beside, both


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


@pytest.mark.parametrize(("memory", "at_once"), [(0, True), (1 << 60, False)])
def test_two_things_are_done_at_once_where_there_is_memory_for_both(
    memory: int, *, at_once: bool
) -> None:
    begun = Event()

    def first() -> bool:
        return begun.wait(5 if at_once else 0)

    assert both(first, begun.set, memory=memory) == (at_once, None)
