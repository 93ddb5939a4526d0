from decimal import Decimal

import pytest

from cryptostream.errors import ProtocolError
from cryptostream.records import Tick
from cryptostream.router.tape import Tape
from cryptostream.wire import following
from cryptostream.wire.effects import Gap
from cryptostream.wire.following import Following, Mode
from cryptostream.wire.frames import (
    EMPTY_PAYLOAD,
    Message,
    decode_meta,
    encode_meta,
    encode_payload,
)

NAME = b"tick/A:BC/"


def payload(first: int, count: int) -> bytes:
    return encode_payload(
        [
            Tick(symbol="A:BC", source="x", method="dom", ts_observed=1, last=Decimal(first + n))
            for n in range(count)
        ]
    )


class Wire:
    """A tape and a follower of its only topic; prices equal sequences."""

    def __init__(self, epoch: int = 100, ring: int = 100) -> None:
        self.tape = Tape(epoch, ring)
        self.following = Following(NAME, "A:BC")

    def publish(self, count: int = 1) -> Message:
        return self.tape.publish(NAME, payload(self.tape.top(NAME) + 1, count), count, 0, 1)

    def beat(self) -> Message:
        meta = encode_meta((1, self.tape.epoch, self.tape.top(NAME), 0, 1, 1))
        return Message(NAME, meta, EMPTY_PAYLOAD)

    def image(self) -> list[object]:
        out: list[object] = []
        self.following.image(self.tape.image(NAME, 1), out)
        return said(out)

    def take(self, message: Message) -> tuple[bool, list[object]]:
        out: list[object] = []
        missing = self.following.take(decode_meta(message.meta), message, out)
        return missing, said(out)

    def recover(self) -> tuple[bool, list[object]]:
        out: list[object] = []
        found = self.tape.recover(NAME, self.following.epoch, self.following.seq, 100)
        again = self.following.recovered(found or [], out)
        return again, said(out)


def said(out: list[object]) -> list[object]:
    """Return records as their sequences, gaps as (first, last, reason)."""
    return [(one.first, one.last, one.reason) if isinstance(one, Gap) else one.seq for one in out]


def live() -> Wire:
    wire = Wire()
    wire.publish()
    assert wire.image() == [1]
    return wire


def test_of_an_images_batch_only_the_newest_record_is_the_last_value():
    wire = Wire()
    wire.publish(3)
    assert wire.image() == [3]


def test_an_image_without_values_says_only_where_the_topic_stands():
    wire = Wire()
    assert wire.image() == []
    assert wire.take(wire.publish()) == (False, [1])


def test_updates_that_came_before_the_image_are_held_and_those_it_covers_dropped():
    wire = Wire()
    early = [wire.publish() for _ in range(3)]
    for message in early:
        assert wire.take(message) == (False, [])
    later = wire.publish()
    image = wire.tape.image(NAME, 1)
    wire.take(later)
    latest = wire.publish(2)
    wire.take(latest)

    out: list[object] = []
    assert not wire.following.image(image, out)

    assert said(out) == [4, 5, 6]


def test_what_is_known_already_is_counted_and_not_delivered_again():
    wire = live()
    message = wire.publish(2)
    assert wire.take(message) == (False, [2, 3])
    assert wire.take(message) == (False, [])
    assert wire.following.duplicates == 2


def test_of_a_batch_that_overlaps_only_the_new_part_is_delivered():
    wire = live()
    wire.take(wire.publish())
    meta = encode_meta((1, wire.tape.epoch, 2, 3, 1, 0))
    assert wire.take(Message(NAME, meta, payload(2, 3))) == (False, [3, 4])


def test_a_hole_is_asked_for_and_filled_in_order():
    wire = live()
    wire.publish(2)
    assert wire.take(wire.publish()) == (True, [])
    assert wire.following.mode is Mode.RECOVERING
    wire.take(wire.publish())
    assert wire.recover() == (False, [2, 3, 4, 5])


def test_a_heartbeat_finds_a_lost_last_message():
    wire = live()
    wire.publish()
    assert wire.take(wire.beat()) == (True, [])
    assert wire.recover() == (False, [2])


def test_a_heartbeat_of_a_topic_without_loss_says_nothing():
    wire = live()
    assert wire.take(wire.beat()) == (False, [])


def test_what_aged_out_is_told_and_the_image_goes_on_from_there():
    wire = live()
    for _ in range(4):
        wire.publish()
    assert wire.take(wire.beat()) == (True, [])
    assert wire.image() == [(2, 4, "aged_out"), 5]


def test_values_that_were_forgotten_are_told_up_to_the_top():
    wire = live()
    wire.publish(2)
    wire.tape.keep(NAME, 0)
    wire.take(wire.beat())
    assert wire.image() == [(2, 3, "aged_out")]


def test_a_new_epoch_is_told_and_followed():
    wire = live()
    wire.tape = Tape(200, 10)
    wire.publish()
    wire.following.resync()
    assert wire.image() == [(2, None, "new_epoch"), 1]
    assert wire.take(wire.publish()) == (False, [2])


def test_a_message_of_another_epoch_changes_nothing():
    wire = live()
    old = Message(NAME, encode_meta((1, 99, 2, 1, 1, 0)), payload(2, 1))
    assert wire.take(old) == (False, [])
    assert (wire.following.epoch, wire.following.seq) == (100, 1)


def test_the_same_image_twice_delivers_once():
    wire = live()
    wire.following.resync()
    assert wire.image() == []


def test_a_late_image_never_goes_back():
    wire = live()
    late = wire.tape.image(NAME, 1)
    wire.take(wire.publish(3))
    wire.following.resync()

    out: list[object] = []
    wire.following.image(late, out)

    assert said(out) == []
    assert (wire.following.seq, wire.following.mode) == (4, Mode.LIVE)


def test_a_payload_that_cannot_be_read_is_a_gap():
    wire = live()
    broken = wire.tape.publish(NAME, b"\xc1", 2, 0, 1)
    assert wire.take(broken) == (False, [(2, 3, "malformed")])
    assert wire.take(wire.publish()) == (False, [4])


def test_a_batch_with_another_number_of_records_than_it_says_is_a_gap():
    wire = live()
    short = wire.tape.publish(NAME, payload(2, 1), 3, 0, 1)
    assert wire.take(short) == (False, [(2, 4, "malformed")])


def test_an_image_that_cannot_be_read_is_a_gap_of_its_newest_record():
    wire = live()
    wire.take(wire.publish(10))
    wire.tape = Tape(200, 10)
    wire.tape.publish(NAME, b"\xc1", 2, 0, 1)
    wire.following.resync()
    assert wire.image() == [(12, None, "new_epoch"), (2, 2, "malformed")]


def test_an_image_whose_meta_cannot_be_read_is_refused():
    with pytest.raises(ProtocolError):
        Following(NAME, "A:BC").image(Message(NAME, b"", b""), [])


def test_what_is_held_is_bounded_and_the_hole_that_this_makes_is_found(monkeypatch):
    monkeypatch.setattr(following, "HELD_MESSAGES", 3)
    wire = Wire()
    image = wire.tape.image(NAME, 1)
    for _ in range(5):
        wire.take(wire.publish())

    out: list[object] = []
    missing = wire.following.image(image, out)

    assert (missing, said(out)) == (True, [])
    assert wire.recover() == (False, [1, 2, 3, 4, 5])
