"""What is said of a change of the source: sequences, overlap, and the price between the two."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from cryptostream.records import Phase, Status, Tick
from cryptostream.router.instructions import Switched
from cryptostream.router.publisher import Publisher, describe
from cryptostream.router.states import status_of
from cryptostream.router.tape import Tape
from cryptostream.router.writers import Tail
from cryptostream.wire.frames import Flag, Message, decode_meta, decode_payload, encode_payload
from cryptostream.wire.hop import DataFrame
from cryptostream.wire.topics import TICK, topic

BTC = "BINANCE:BTCUSDT"
TICKS = topic(TICK, BTC)


class NoNames:
    def search(self, _text: str, _limit: int) -> list[str]:
        return []


def ticks(*prices: str, source: str = "page") -> bytes:
    return encode_payload(
        [
            Tick(symbol=BTC, source=source, method="sim", ts_observed=1, last=Decimal(price))
            for price in prices
        ]
    )


def frame(payload: bytes, size: int = 1) -> DataFrame:
    return DataFrame(TICKS, payload, size, 0, 1)


SWITCH = Switched(
    BTC, "page", "api", "blocked", "text", status_of(BTC, Phase.LIVE, "ok", "", 1, source="api")
)


class Case:
    """A publisher whose messages are kept."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.tape = Tape(1, 100)
        self.it = Publisher(self.tape, self.sent.append, NoNames())

    def records(self) -> list[object]:
        return [one for m in self.sent for one in decode_payload(m.topic, m.payload)]


@pytest.mark.parametrize("simulated", [True, False])
def test_a_status_of_a_simulated_market_says_so_in_its_meta_too(simulated):
    case = Case()
    case.it.status(status_of(BTC, Phase.LIVE, "ok", "", 1, simulated=simulated))
    assert bool(decode_meta(case.sent[0].meta).flags & Flag.SIMULATED) is simulated
    image = case.tape.image(case.sent[0].topic, 1)
    assert bool(decode_meta(image.meta).flags & Flag.SIMULATED) is simulated


def test_records_of_the_writer_go_out_and_of_a_stranger_are_counted():
    case = Case()
    case.it.writers(BTC, 1, [])
    case.it.records(1, frame(ticks("5")))
    case.it.records(9, frame(ticks("6")))
    assert [one.last for one in case.records()] == [5]
    assert case.it.unowned == 1


def test_a_switch_is_told_before_the_new_sources_price_and_sequences_go_on():
    case = Case()
    case.it.writers(BTC, 1, [2])
    case.it.records(1, frame(ticks("100", "101"), 2))
    case.it.records(2, frame(ticks("101.50", source="api")))

    case.it.switched(SWITCH, 2, [1])

    _, _, said, newest = case.records()
    assert isinstance(said, Status)
    switch = said.switch
    assert (said.code, said.phase, said.source) == ("switched", Phase.LIVE, "api")
    assert (switch.old, switch.new, switch.reason) == ("page", "api", "blocked")
    assert (switch.last_seq, switch.first_seq) == (2, 3)
    assert (switch.basis, switch.basis_bp) == (Decimal("0.50"), Decimal("49.50"))
    assert switch.overlap is not None
    assert (newest.source, newest.last) == ("api", Decimal("101.50"))
    assert decode_meta(case.sent[-1].meta).seq == 3
    case.it.records(1, frame(ticks("102")))
    assert len(case.sent) == 3
    assert case.it.switches[BTC] == switch


def test_a_switch_is_told_with_the_first_value_of_a_source_that_had_none_yet():
    case = Case()
    case.it.writers(BTC, 1, [2])
    case.it.records(1, frame(ticks("100")))

    case.it.switched(SWITCH, 2, [])
    assert len(case.sent) == 1
    case.it.writers(BTC, 2, [])  # whatever else happens to the ticker meanwhile
    case.it.records(2, frame(ticks("99", source="api")))

    _, said, newest = case.records()
    assert (said.code, said.switch.basis) == ("switched", Decimal(-1))
    assert (newest.source, newest.last) == ("api", 99)
    case.it.records(2, frame(ticks("98", source="api")))
    assert case.records()[-1].last == 98


def test_a_switch_that_another_overtakes_begins_where_the_first_began():
    case = Case()
    case.it.writers(BTC, 1, [])
    case.it.switched(SWITCH, 2, [])
    further = replace(SWITCH, old="api", new="poll")
    case.it.switched(further, 3, [2])
    case.it.records(2, frame(ticks("99")))
    assert case.sent == []
    case.it.records(3, frame(ticks("98", source="poll")))
    assert (case.records()[0].switch.old, case.records()[0].switch.new) == ("page", "poll")


@pytest.mark.parametrize(
    ("last", "tail"),
    [
        (None, None),
        (None, Tail(1, 1, frame(ticks("5")))),
        (frame(ticks("5")), None),
        (frame(ticks("5")), Tail()),
        (frame(b"\xc1"), Tail(1, 1, frame(ticks("5")))),
        (frame(ticks("5")), Tail(1, 1, frame(b"\xc1"))),
    ],
)
def test_without_two_prices_there_is_no_basis(last, tail):
    tape = Tape(1, 100)
    message = tape.publish(TICKS, last.payload, 1, 0, 7) if last is not None else None
    found = describe(SWITCH, message, tail, 4)
    assert (found.basis, found.basis_bp) == (None, None)
    assert (found.last_seq, found.first_seq) == (4, 5)


def test_the_overlap_is_how_long_both_delivered_or_the_hole_between_them():
    tape = Tape(1, 100)
    message = tape.publish(TICKS, ticks("5"), 1, 0, 1_000)
    assert describe(SWITCH, message, Tail(400, 900, frame(ticks("5"))), 1).overlap == 600
    assert describe(SWITCH, message, Tail(1_500, 1_900, frame(ticks("5"))), 1).overlap == -500


def test_of_a_ticker_that_nobody_wants_no_value_is_kept():
    case = Case()
    case.it.writers(BTC, 1, [])
    case.it.records(1, frame(ticks("5")))
    case.it.forget(BTC)
    assert case.tape.history(TICKS, 5) == []
    case.it.records(1, frame(ticks("6")))
    assert case.it.unowned == 1
