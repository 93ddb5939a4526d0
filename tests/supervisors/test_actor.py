"""Actors: their moments, their references, their life under a supervisor."""

import asyncio

import pytest

from supervisors.actor import Actor
from supervisors.child import LocalChild
from supervisors.errors import ActorStopped, AskTimeout, MailboxFull
from supervisors.events import What
from supervisors.mailbox import Overflow
from supervisors.testing import ProbeActor, settle
from tests.supervisors.trees import task, tree


@pytest.fixture
async def alive():
    """Run actors by hand; at the end they are stopped."""
    running = []

    async def start(actor):
        child = LocalChild("actor")
        life = asyncio.create_task(actor.run(child))
        running.append((child, life))
        await settle()
        return child, life

    yield start
    for child, life in running:
        child.stopping.set()
        await asyncio.wait([life], timeout=5)
        assert life.done()


class Slow(ProbeActor):
    """Answers only when it is allowed to."""

    def __init__(self):
        super().__init__("late")
        self.may_go = asyncio.Event()

    async def on_receive(self, message):
        await self.may_go.wait()
        return await super().on_receive(message)


async def test_messages_told_are_received_in_order(alive):
    probe = ProbeActor()
    await alive(probe)
    for number in range(3):
        probe.ref.tell(number)
    await probe.received(3)
    assert probe.messages == [0, 1, 2]


async def test_an_ask_is_answered_with_what_on_receive_returns(alive):
    probe = ProbeActor(answer=42)
    await alive(probe)
    assert await probe.ref.ask("?", deadline=5) == 42


async def test_an_actor_that_does_not_answer_in_time_is_no_timeout_error(alive):
    slow = Slow()
    await alive(slow)
    with pytest.raises(AskTimeout) as caught:
        await slow.ref.ask("?", deadline=0.01)
    assert not isinstance(caught.value, TimeoutError)
    slow.may_go.set()


async def test_the_asker_gets_the_error_and_the_actor_fails_with_it(alive):
    probe = ProbeActor(answer=ValueError("bad"))
    _, life = await alive(probe)
    with pytest.raises(ValueError, match="bad"):
        await probe.ref.ask("?", deadline=5)
    with pytest.raises(ValueError, match="bad"):
        await life
    assert probe.moments == ["start", "stop"]


async def test_an_actor_may_forgive_its_failures(alive):
    class Forgiving(ProbeActor):
        async def on_failure(self, error, message):
            self.moments.append(f"{error} at {message}")

    probe = Forgiving(answer=ValueError("bad"))
    await alive(probe)
    probe.ref.tell(1)
    probe.ref.tell(2)
    await probe.received(2)
    await settle()
    assert probe.moments == ["start", "bad at 1", "bad at 2"]
    assert probe.ref.is_alive


@pytest.mark.parametrize("how", ["child", "ref"])
async def test_a_stop_finishes_the_message_at_hand_and_refuses_the_others(alive, how):
    slow = Slow()
    child, life = await alive(slow)
    first = asyncio.create_task(slow.ref.ask(1, deadline=5))
    second = asyncio.create_task(slow.ref.ask(2, deadline=5))
    await settle()
    child.stopping.set() if how == "child" else slow.ref.stop()
    await settle()
    slow.may_go.set()
    assert await first == "late"
    with pytest.raises(ActorStopped):
        await second
    await life
    with pytest.raises(ActorStopped):
        slow.ref.tell(3)
    assert not slow.ref.is_alive
    assert slow.moments == ["start", "stop"]


async def test_an_actor_whose_start_fails_has_no_other_moment():
    class Unlucky(ProbeActor):
        async def on_start(self, child):
            raise ValueError("no start")

    probe, said = Unlucky(), []
    with pytest.raises(ValueError, match="no start"):
        await probe.run(LocalChild("a", on_ready=lambda: said.append("ready")))
    assert probe.moments == []
    assert said == []


async def test_a_full_mailbox_is_told_to_the_sender():
    class Small(ProbeActor):
        capacity = 1

    probe = Small()
    probe.ref.tell(1)
    with pytest.raises(MailboxFull):
        probe.ref.tell(2)
    assert probe.ref.statistics().rejected == 1


async def test_the_asker_of_a_dropped_message_is_told():
    class Newest(ProbeActor):
        capacity = 1
        overflow = Overflow.DROP_OLDEST

    probe = Newest()
    asking = asyncio.create_task(probe.ref.ask(1, deadline=5))
    await settle()
    probe.ref.tell(2)
    with pytest.raises(ActorStopped, match="dropped"):
        await asking


async def test_an_actor_that_handles_nothing_says_so():
    with pytest.raises(NotImplementedError):
        await Actor().on_receive("?")


async def test_a_supervised_actor_is_restarted_and_its_reference_goes_on_working(run, hook):
    probe = ProbeActor(answer=ValueError("bad"))
    await run(tree(task("actor", probe.run)))
    probe.ref.tell(1)
    await hook.wait_for(lambda e: e.what is What.FAILED)
    probe.answer = "good"
    probe.ref.tell(2)  # between two lives: it waits in the mailbox
    await probe.received(2)
    assert await probe.ref.ask(3, deadline=5) == "good"
    assert probe.moments == ["start", "stop", "start"]


async def test_a_cancelled_asker_leaves_nothing_behind(alive):
    slow = Slow()
    await alive(slow)
    asking = asyncio.create_task(slow.ref.ask(1, deadline=5))
    await settle()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    slow.may_go.set()
    await slow.received(1)
