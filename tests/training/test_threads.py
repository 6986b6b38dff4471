"""The number of threads for linear algebra is set correctly, whatever the previous setting."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from threadpoolctl import ThreadpoolController

from digitviz.training.threads import keep_libraries_to_one_thread, one_thread


@pytest.fixture
def blas() -> ThreadpoolController:
    return ThreadpoolController().select(user_api="blas")


def numbers(blas: ThreadpoolController) -> set[int]:
    return {library["num_threads"] for library in blas.info()}


@contextmanager
def two_threads(blas: ThreadpoolController) -> Iterator[None]:
    """Set two threads, as the thread of a page or notebook might."""
    with one_thread():
        pass  # releases the previous limit
    before = blas.info()[0]["num_threads"]
    with blas.limit(limits=2):
        assert numbers(blas) == {2}
        yield
    assert numbers(blas) == {before}


def test_a_thread_is_heard_though_another_that_lives_has_set_the_number(blas):
    def inside() -> set[int]:
        with one_thread():
            return numbers(blas)

    with two_threads(blas), ThreadPoolExecutor(1) as other:
        assert other.submit(inside).result() == {1}
        assert numbers(blas) == {2}


def test_who_leaves_last_gives_the_number_back_also_from_another_thread(blas):
    entered, leave = threading.Event(), threading.Event()

    def stay() -> None:
        with one_thread():
            entered.set()
            leave.wait(90)

    with two_threads(blas), ThreadPoolExecutor(1) as other:
        with one_thread():
            staying = other.submit(stay)
            assert entered.wait(90)
        assert numbers(blas) == {1}
        leave.set()
        staying.result()
        assert numbers(blas) == {2}


def test_a_worker_keeps_the_libraries_to_one_thread_beside_one_that_has_set_another_number(blas):
    with two_threads(blas), ThreadPoolExecutor(1) as other:
        other.submit(keep_libraries_to_one_thread).result()
        assert numbers(blas) == {1}
