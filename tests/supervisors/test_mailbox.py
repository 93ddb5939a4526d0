"""A bounded queue: its limit, its policies, its figures."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervisors.errors import MailboxClosed, MailboxFull, SpecError
from supervisors.mailbox import Mailbox, MailboxStatistics, Overflow
from supervisors.testing import settle


async def drain(mailbox):
    return [await mailbox.get() for _ in range(len(mailbox))]


async def test_messages_come_out_in_the_order_they_went_in():
    mailbox = Mailbox(3, Overflow.REJECT)
    for message in "abc":
        assert mailbox.put(message) is None
    assert await drain(mailbox) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("overflow", "kept", "lost"),
    [(Overflow.DROP_OLDEST, ["b", "c"], "a"), (Overflow.DROP_NEWEST, ["a", "b"], "c")],
)
async def test_a_full_mailbox_drops_by_its_policy_and_counts(overflow, kept, lost):
    mailbox = Mailbox(2, overflow)
    assert [mailbox.put(message) for message in "abc"] == [None, None, lost]
    assert mailbox.statistics().dropped == 1
    assert await drain(mailbox) == kept


def test_a_full_mailbox_that_rejects_tells_the_sender():
    mailbox = Mailbox(1, Overflow.REJECT)
    mailbox.put("a")
    with pytest.raises(MailboxFull):
        mailbox.put("b")
    assert mailbox.statistics() == MailboxStatistics(
        capacity=1, length=1, high_water=1, received=1, dropped=0, rejected=1
    )


def test_a_mailbox_for_nothing_is_refused():
    with pytest.raises(SpecError):
        Mailbox(0, Overflow.REJECT)


async def test_a_waiting_reader_gets_the_next_message():
    mailbox = Mailbox(1, Overflow.REJECT)
    reader = asyncio.create_task(mailbox.get())
    await settle()
    mailbox.put("a")
    assert await reader == "a"


async def test_a_cancelled_reader_loses_nothing():
    mailbox = Mailbox(2, Overflow.REJECT)
    first, second = (asyncio.create_task(mailbox.get()) for _ in range(2))
    await settle()
    mailbox.put("a")
    first.cancel()  # woken already, but it did not run yet
    async with asyncio.timeout(5):
        assert await second == "a"
    third = asyncio.create_task(mailbox.get())
    await settle()
    third.cancel()
    await settle()
    mailbox.put("b")
    assert await mailbox.get() == "b"


async def test_closing_returns_the_unread_and_wakes_all_readers():
    empty = Mailbox(2, Overflow.REJECT)
    readers = [asyncio.create_task(empty.get()) for _ in range(2)]
    await settle()
    assert empty.close() == []
    for reader in readers:
        with pytest.raises(MailboxClosed):
            await reader
    full = Mailbox(2, Overflow.REJECT)
    full.put("a")
    assert full.close() == ["a"]
    assert full.closed
    with pytest.raises(MailboxClosed):
        full.put("b")


@given(st.integers(1, 5), st.sampled_from(Overflow), st.lists(st.booleans(), max_size=50))
def test_the_figures_always_add_up(capacity, overflow, puts):
    mailbox, sent, read = Mailbox(capacity, overflow), 0, 0

    async def play():
        nonlocal sent, read
        for put in puts:
            if put:
                sent += 1
                try:
                    mailbox.put(sent)
                except MailboxFull:
                    assert len(mailbox) == capacity
            elif len(mailbox):
                read += 1
                await mailbox.get()

    asyncio.run(play())
    figures = mailbox.statistics()
    assert figures.length <= figures.high_water <= capacity
    assert sent == read + figures.length + figures.dropped + figures.rejected
