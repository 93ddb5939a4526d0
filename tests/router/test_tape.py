import gc
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream.router.tape import Tape
from cryptostream.wire.frames import EMPTY_PAYLOAD, Flag, Message, decode_meta
from cryptostream.wire.topics import SYS_HEARTBEAT

NAME = b"tick/BINANCE:BTCUSDT/"
EPOCH = 1_700_000_000_000
COUNTS = st.lists(st.integers(1, 5), max_size=30)


def filled(counts: list[int], ring: int) -> tuple[Tape, list[Message]]:
    tape = Tape(EPOCH, ring)
    published = [tape.publish(NAME, b"%d" % n, count, 0, n) for n, count in enumerate(counts)]
    return tape, published


def sequences(messages: list[Message]) -> list[int]:
    metas = [decode_meta(message.meta) for message in messages]
    return [seq for meta in metas for seq in range(meta.seq, meta.seq + meta.count)]


@given(COUNTS)
def test_sequences_begin_at_one_and_have_no_gap(counts):
    tape, published = filled(counts, ring=4)
    assert sequences(published) == list(range(1, sum(counts) + 1))
    assert tape.top(NAME) == sum(counts)


@given(st.lists(st.tuples(st.sampled_from([b"tick/A:BC/", b"tick/A:BD/"]), st.integers(1, 5))))
def test_each_topic_has_its_own_sequence(steps):
    tape = Tape(EPOCH, ring=4)
    published = [tape.publish(name, b"", count, 0, 0) for name, count in steps]
    for name in {name for name, _ in steps}:
        of_topic = sequences([message for message in published if message.topic == name])
        assert of_topic == list(range(1, len(of_topic) + 1))


@given(
    counts=COUNTS,
    ring=st.integers(1, 12),
    after=st.integers(0, 80),
    limit=st.integers(1, 40),
    forgotten=st.integers(0, 30),
)
def test_recovery_gives_exactly_what_is_missing_or_nothing(counts, ring, after, limit, forgotten):
    tape, published = filled(counts[:forgotten], ring)
    tape.keep(NAME, 0)
    published += [tape.publish(NAME, b"", count, 0, 0) for count in counts[forgotten:]]
    held = published[min(forgotten, len(counts)) :][-ring:]
    missing = [message for message in published if decode_meta(message.meta).top > after]
    known = bool(published) and after <= tape.top(NAME)
    possible = known and len(missing) <= limit and missing == held[len(held) - len(missing) :]

    recovered = tape.recover(NAME, EPOCH, after, limit)

    assert recovered == (missing if possible else None)


@pytest.mark.parametrize(
    ("name", "epoch", "seq"),
    [(NAME, EPOCH - 1, 1), (NAME, EPOCH, 3), (NAME, EPOCH, -1), (b"tick/A:XX/", EPOCH, 0)],
)
def test_another_epoch_the_future_and_a_foreign_topic_are_not_recovered(name, epoch, seq):
    tape, _ = filled([1, 1], ring=4)
    assert tape.recover(name, epoch, seq, 100) is None


def test_nothing_missing_is_recovered_as_nothing():
    tape, _ = filled([1, 1], ring=4)
    assert tape.recover(NAME, EPOCH, 2, 100) == []


@given(COUNTS.filter(bool))
def test_an_image_is_the_newest_message_with_its_own_time(counts):
    tape, published = filled(counts, ring=2)

    image = tape.image(NAME, now_ns=10**18)

    found, newest = decode_meta(image.meta), decode_meta(published[-1].meta)
    assert (image.topic, image.payload) == (NAME, published[-1].payload)
    assert (found.seq, found.count, found.top) == (newest.seq, newest.count, sum(counts))
    assert found.ts_published == newest.ts_published
    assert found.flags == Flag.IMAGE


def test_an_image_keeps_the_flags_of_what_it_repeats():
    tape = Tape(EPOCH, ring=2)
    tape.publish(NAME, b"", 1, int(Flag.SIMULATED), 1)
    assert decode_meta(tape.image(NAME, 2).meta).flags == Flag.SIMULATED | Flag.IMAGE


def test_the_image_of_a_topic_without_values_is_empty_and_says_where_it_stands():
    tape, _ = filled([3], ring=2)
    tape.keep(NAME, 0)

    image, unknown = tape.image(NAME, 5), tape.image(b"tick/A:XX/", 5)

    assert decode_meta(image.meta).seq == 3
    assert decode_meta(image.meta).count == 0
    assert image.payload == EMPTY_PAYLOAD
    assert decode_meta(unknown.meta).seq == 0
    assert tape.last(NAME) is None


def test_sequences_go_on_after_values_were_forgotten():
    tape, _ = filled([3], ring=2)
    tape.keep(NAME, 0)
    assert decode_meta(tape.publish(NAME, b"", 1, 0, 9).meta).seq == 4
    assert tape.recover(NAME, EPOCH, 2, 100) is None
    assert sequences(tape.recover(NAME, EPOCH, 3, 100)) == [4]


@given(COUNTS, st.integers(-1, 40), st.integers(1, 10))
def test_history_is_the_newest_messages_oldest_first(counts, limit, ring):
    tape, published = filled(counts, ring)
    found = tape.history(NAME, limit)
    assert found == published[-min(limit, ring) :] if limit > 0 else found == []


def test_a_silent_topic_beats_once_per_period_with_its_top():
    tape, _ = filled([2, 2], ring=4)
    tape.publish(b"tick/A:BD/", b"", 1, 0, 900)

    beats = tape.silent(now_ns=1_000, after_ns=500)

    assert [beat.topic for beat in beats] == [NAME]
    meta = decode_meta(beats[0].meta)
    assert (meta.seq, meta.count, meta.flags) == (4, 0, Flag.HEARTBEAT)
    assert beats[0].payload == EMPTY_PAYLOAD
    assert tape.silent(now_ns=1_399, after_ns=500) == []
    assert len(tape.silent(now_ns=1_500, after_ns=500)) == 2


def test_a_heartbeat_takes_no_sequence():
    tape, _ = filled([2], ring=4)
    tape.silent(10**12, 1)
    tape.heartbeat(10**12)
    assert tape.top(NAME) == 2
    assert sequences(tape.history(NAME, 10)) == [1, 2]


def test_the_tape_beats_under_its_epoch():
    message = Tape(EPOCH, ring=4).heartbeat(7)
    meta = decode_meta(message.meta)
    assert message.topic == SYS_HEARTBEAT
    assert (meta.epoch, meta.count, meta.ts_published) == (EPOCH, 0, 7)
    assert meta.flags == Flag.HEARTBEAT


@given(COUNTS)
def test_the_figures_count_messages_and_records(counts):
    tape, published = filled(counts, ring=1)
    assert (tape.messages, tape.records) == (len(published), sum(counts))
    assert len(tape) == (1 if counts else 0)


@given(COUNTS, st.integers(1, 8))
def test_what_is_recovered_joins_without_a_hole(counts, ring):
    tape, _ = filled(counts, ring)
    for after in range(sum(counts) + 1):
        found = tape.recover(NAME, EPOCH, after, 1000)
        if found:
            metas = [decode_meta(message.meta) for message in found]
            assert metas[0].seq <= after + 1 <= metas[0].top
            assert all(later.seq == before.top + 1 for before, later in pairwise(metas))
            assert metas[-1].top == tape.top(NAME)


def test_the_garbage_collector_forgets_what_the_rings_hold():
    tape = Tape(1, ring=8)
    for number in range(8):
        tape.publish(b"tick/X/", bytes([number]), 1, 0, number)
    gc.collect()
    assert not any(gc.is_tracked(entry) for entry in tape._lines[b"tick/X/"].ring)
