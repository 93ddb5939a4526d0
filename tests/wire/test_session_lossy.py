"""The laws of a session over any history of loss, repetition, delay and restarts.

A real desk, registry and tape stand on one side, a session on the other; between them a
network that loses, repeats and delays at will.
"""

from __future__ import annotations

from decimal import Decimal

from hypothesis import example, given, settings
from hypothesis import strategies as st

from cryptostream.config.settings import Config, Router
from cryptostream.errors import CryptoStreamError
from cryptostream.records import Record, Status, Tick
from cryptostream.router.acquisition import Acquisition
from cryptostream.router.desk import Desk
from cryptostream.router.failover import FailoverRules
from cryptostream.router.instructions import Rules
from cryptostream.router.registry import Registry
from cryptostream.router.tape import Tape
from cryptostream.symbols import Listing, Order, Verdict
from cryptostream.wire import messages as m
from cryptostream.wire.effects import Deafen, Gap, Listen, Reset, Send
from cryptostream.wire.frames import Message, encode_payload
from cryptostream.wire.session import Session
from cryptostream.wire.topics import symbol_of, topic

SYMBOLS = ("XX:AAA", "XX:BBB", "XX:CCC")
NO_SUCH = "XX:NOSUCH"
NAMES = [topic("tick", symbol) for symbol in SYMBOLS]
RING = 6
FIRST_EPOCH = 1_000
CONFIG = Config(router=Router(max_tickers_per_request=2, lease=10.0, heartbeat=1.0))
RULES = Rules(delay=lambda attempt: 0.0, stable_after=1, open_within=1, ceiling=1)


class Listings:
    """A directory of which one symbol is known not to exist."""

    def check(self, symbol: str) -> Verdict:
        return Verdict(Listing.INVALID if symbol == NO_SUCH else Listing.VALID)

    def search(self, text: str, limit: int) -> list[str]:
        return []

    def describe(self) -> dict[str, str | int | float | None]:
        return {}


class Daemon:
    """What stands behind the sockets of one router process."""

    def __init__(self, epoch: int) -> None:
        self.tape = Tape(epoch, RING)
        self.registry = Registry(lease=10.0, linger=5.0, max_clients=3, max_tickers=10)
        order = Order(("tradingview",))
        acquisition = Acquisition({"tradingview": RULES}, FailoverRules(), lambda _symbol: order)
        self.desk = Desk(CONFIG, self.registry, self.tape, acquisition, {}, Listings(), dict)

    def answer(self, route: bytes, body: bytes, now: float) -> bytes:
        call_id, request = m.decode_request(body)
        assert isinstance(request, m.Request)
        try:
            return m.encode_answer(call_id, self.desk.answer(request, route, now, int(now * 1e9)))
        except CryptoStreamError as error:
            return m.encode_refusal(call_id, error)

    def publish(self, name: bytes, count: int, now: float) -> Message:
        first = self.tape.top(name) + 1
        records = [
            Tick(symbol=symbol_of(name), source="x", method="sim", ts_observed=1, last=Decimal(n))
            for n in range(first, first + count)
        ]
        return self.tape.publish(name, encode_payload(records), count, 0, int(now * 1e9))


class Story:
    """What a session has said of one topic since it began to follow it."""

    def __init__(self) -> None:
        self.last: tuple[int, int] | None = None  # the newest record: which daemon, and seq
        self.gaps: list[Gap] = []  # since that record

    def record(self, daemon: int, epoch: int, record: Record | Status) -> None:
        assert isinstance(record, Tick)
        assert record.last == Decimal(record.seq)
        here = (daemon, record.seq)
        if self.last is not None:
            # The first law: nothing twice, and never back.
            assert here > self.last
            self._all_told(here, epoch)
        self.last = here
        self.gaps = []

    def _all_told(self, here: tuple[int, int], epoch: int) -> None:
        """Check the second law: what is missing before this record has been told."""
        daemon, seq = self.last or (0, 0)
        if here[0] != daemon:
            assert any(gap.reason == "new_epoch" and gap.last is None for gap in self.gaps)
            return
        told = self.told(epoch)
        assert all(missing in told for missing in range(seq + 1, here[1]))

    def told(self, epoch: int) -> set[int]:
        """Return the sequences of an epoch that gaps have named."""
        return {
            seq
            for gap in self.gaps
            if gap.epoch == epoch and gap.first is not None and gap.last is not None
            for seq in range(gap.first, gap.last + 1)
        }


class World:
    """A daemon, a network and a session; each method is one step of a history."""

    def __init__(self) -> None:
        self.now = 0.0
        self.epochs = [FIRST_EPOCH]
        self.daemon = Daemon(FIRST_EPOCH)
        self.session = Session("me")
        self.route = 0
        self.listening: set[bytes] = set()
        self.requests: list[bytes] = []
        self.answers: list[bytes] = []
        self.data: list[Message] = []
        self.stories: dict[bytes, Story] = {}
        self.open()

    # -- the network --------------------------------------------------------------------

    def a_request(self, fate) -> None:
        if self.requests:
            body = self.requests.pop(0)
            if fate == "arrives":
                self.answers.append(self.daemon.answer(b"%d" % self.route, body, self.now))

    def an_answer(self, fate) -> None:
        if self.answers:
            body = self.answers.pop(0)
            for _ in range(["is lost", "arrives", "comes twice"].index(fate)):
                self.carry_out(self.session.answer(body, self.now))

    def a_message(self, fate, pick) -> None:
        """One of the oldest in flight, so that some come late."""
        if self.data:
            message = self.data.pop(min(pick, len(self.data) - 1))
            if fate != "is lost":
                self.carry_out(self.session.data(message, self.now))
            if fate == "comes twice":
                self.data.append(message)

    def all_that_is_in_flight_arrives(self) -> None:
        self.deliver_all()

    def time_goes_on(self, seconds) -> None:
        self.now += seconds
        self.carry_out(self.session.clock(self.now))

    # -- the daemon ---------------------------------------------------------------------

    def records_are_published(self, name, count, times) -> None:
        for _ in range(times):
            self.send(self.daemon.publish(name, count, self.now))

    def something_unreadable_is_published(self, name, count) -> None:
        self.send(self.daemon.tape.publish(name, b"\xc1", count, 0, 1))

    def the_daemon_beats(self) -> None:
        self.beat()

    def a_page_is_closed(self, name) -> None:
        self.daemon.tape.keep(name, 0)

    def the_router_restarts(self, forward) -> None:
        """Also with a clock that has been set back."""
        epoch = self.epochs[-1] + forward
        if epoch > 0 and epoch not in self.epochs:
            self.epochs.append(epoch)
            self.daemon = Daemon(epoch)

    def leases_end(self) -> None:
        self.daemon.registry.expire(self.now + 1_000)

    # -- the user -----------------------------------------------------------------------

    def subscribe(self, symbols) -> None:
        self.carry_out(self.session.subscribe(sorted(symbols), self.now))

    def unsubscribe(self, symbols) -> None:
        self.carry_out(self.session.unsubscribe(sorted(symbols), self.now))

    # -- what the shell does ------------------------------------------------------------

    def open(self) -> None:
        self.route += 1
        self.listening.clear()
        for queue in (self.requests, self.answers, self.data):
            queue.clear()
        self.carry_out(self.session.started(self.now))

    def carry_out(self, outputs) -> None:
        for output in outputs:
            match output:
                case Send(body):
                    self.requests.append(body)
                case Listen(name):
                    self.listening.add(name)
                    self.stories.setdefault(name, Story())
                case Deafen(name):
                    self.listening.discard(name)
                    del self.stories[name]
                case Reset():
                    self.open()
                case Gap():
                    self.stories[output.topic.encode()].gaps.append(output)
                case Record():
                    name = topic("tick", output.symbol)
                    daemon = self.epochs.index(output.epoch)
                    self.stories[name].record(daemon, output.epoch, output)

    def send(self, message: Message) -> None:
        if message.topic in self.listening:
            self.data.append(message)

    def beat(self) -> None:
        now_ns = int(self.now * 1e9)
        self.send(self.daemon.tape.heartbeat(now_ns))
        for message in self.daemon.tape.silent(now_ns, 1_000_000_000):
            self.send(message)

    def deliver_all(self) -> None:
        while self.requests or self.answers or self.data:
            while self.requests:
                body = self.requests.pop(0)
                self.answers.append(self.daemon.answer(b"%d" % self.route, body, self.now))
            while self.answers:
                self.carry_out(self.session.answer(self.answers.pop(0), self.now))
            while self.data:
                self.carry_out(self.session.data(self.data.pop(0), self.now))

    # -- the laws -----------------------------------------------------------------------

    def check_that_only_what_is_wanted_is_followed(self) -> None:
        wanted = {topic("tick", symbol) for symbol in self.session.wanted()}
        assert wanted == {name for name in self.stories if name.startswith(b"tick/")}

    def calm_down(self) -> None:
        """Lose nothing any more, for as long as everything may take to heal."""
        for _ in range(40):
            self.now += 0.5
            self.beat()
            self.deliver_all()
            self.carry_out(self.session.clock(self.now))
        self.deliver_all()

    def check_that_everything_is_known(self) -> None:
        assert self.session.connected
        self.check_that_the_wish_is_known()
        for name in NAMES:
            if name in self.stories:
                self.check_that_all_is_known(name)

    def check_that_the_wish_is_known(self) -> None:
        held = {symbol for c in self.daemon.registry.clients() for symbol in c.desired}
        assert held == set(self.session.wanted())
        assert NO_SUCH not in held

    def check_that_all_is_known(self, name: bytes) -> None:
        tape, story = self.daemon.tape, self.stories[name]
        top = tape.top(name)
        assert self.session.position(name) == (tape.epoch, top)
        if tape.last(name) is not None:
            newest = (len(self.epochs) - 1, top)
            assert story.last == newest or top in story.told(tape.epoch)


# Each step with how often it comes among a hundred or so.
STEPS = [
    *[("records_are_published", name, count, times)
      for name in NAMES for count in (1, 2) for times in (1, 4)] * 2,
    ("something_unreadable_is_published", NAMES[0], 1),
    ("something_unreadable_is_published", NAMES[1], 2),
    *[("a_message", fate, pick)
      for fate in ("arrives", "arrives", "is lost", "comes twice") for pick in (0, 0, 2)] * 2,
    *[("an_answer", fate) for fate in ("arrives", "arrives", "is lost", "comes twice")] * 2,
    *[("a_request", fate) for fate in ("arrives", "arrives", "is lost")] * 3,
    *[("all_that_is_in_flight_arrives",)] * 8,
    *[("the_daemon_beats",)] * 6,
    *[("time_goes_on", seconds) for seconds in (0.1, 0.9, 2.1, 2.1, 3.5)] * 2,
    ("a_page_is_closed", NAMES[0]),
    ("the_router_restarts", 1),
    ("the_router_restarts", 500),
    ("the_router_restarts", -700),
    ("leases_end",),
    *[("subscribe", symbols) for symbols in (SYMBOLS[:1], SYMBOLS[1:], SYMBOLS, (NO_SUCH,))] * 2,
    *[("unsubscribe", symbols) for symbols in (SYMBOLS[:1], SYMBOLS[1:], SYMBOLS)],
]  # fmt: skip


@settings(max_examples=500, deadline=None)
@example(
    connected=False,
    steps=[
        ("a_request", "arrives"),
        ("time_goes_on", 2.1),
        ("the_router_restarts", -700),
        ("subscribe", SYMBOLS),
    ],
)
@given(connected=st.booleans(), steps=st.lists(st.sampled_from(STEPS), min_size=10, max_size=150))
def test_whatever_happens_nothing_comes_twice_and_what_is_missing_is_told(connected, steps):
    """And when the network has calmed down the newest record of every topic is known."""
    world = World()
    if connected:
        world.subscribe(SYMBOLS)
        world.deliver_all()

    for name, *arguments in steps:
        getattr(world, name)(*arguments)
        world.check_that_only_what_is_wanted_is_followed()
    world.calm_down()

    world.check_that_everything_is_known()
