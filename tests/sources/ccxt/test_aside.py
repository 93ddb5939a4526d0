"""Work in a thread with a loop of its own: its result, its failure, its end."""

import asyncio
import threading

import pytest

from cryptostream.sources.ccxt.aside import aside
from tests.local_market import until


async def test_it_gives_its_result_from_another_thread_and_loop():
    here = threading.get_ident(), asyncio.get_running_loop()

    async def work():
        await asyncio.sleep(0)
        return threading.get_ident(), asyncio.get_running_loop()

    there = await aside(work)
    assert not set(here) & set(there)


async def test_what_it_raises_is_raised_here():
    async def work():
        raise KeyError("there")

    with pytest.raises(KeyError, match="there"):
        await aside(work)


async def test_what_cannot_even_begin_is_raised_here():
    def prepare():
        raise KeyError("before")

    with pytest.raises(KeyError, match="before"):
        await aside(prepare)


@pytest.mark.parametrize("begun", [True, False])
async def test_it_is_cancelled_with_its_caller(begun):
    waits, ended = threading.Event(), threading.Event()

    async def work():
        try:
            waits.set()
            await asyncio.get_running_loop().create_future()
        finally:
            ended.set()

    task = asyncio.create_task(aside(work))
    await until(lambda: waits.is_set() or not begun)
    await asyncio.sleep(0)
    before = asyncio.all_tasks()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set() or not waits.is_set()
    assert asyncio.all_tasks() <= before


async def test_a_computation_that_cannot_be_cancelled_is_left_to_itself():
    computes, enough = threading.Event(), threading.Event()

    async def work():
        computes.set()
        while not enough.is_set():
            pass
        raise KeyError("too late")

    task = asyncio.create_task(aside(work))
    await until(computes.is_set)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        async with asyncio.timeout(5):
            await task
    enough.set()
