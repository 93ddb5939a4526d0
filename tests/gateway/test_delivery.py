"""From what viewers get to the bytes in their queues."""

import msgspec

from cryptostream.gateway.closing import Close
from cryptostream.gateway.delivery import Counters, Delivery
from cryptostream.gateway.encoding import Codec
from cryptostream.gateway.hub import Hub
from cryptostream.gateway.trail import Trail
from tests.gateway.records import BTC, status, subscription, tick, viewer


def setting(*viewers, interval_ms=0):
    hub, counters = Hub(9), Counters()
    for one in viewers:
        hub.join(one)
        hub.hold(one, BTC)
        hub.follow(subscription(one, interval_ms), {}, 0.0)
    return hub, counters, Delivery(hub, counters, heartbeat=1.0)


def drained(delivery, one, now=0.0):
    found = []
    while (message := one.outbox.take()) is not None:
        found.append(msgspec.json.decode(message))
        delivery.sent(one, len(message), now)
    return found


def test_viewers_of_the_same_get_the_same_bytes():
    same, too, packed = viewer(), viewer(), viewer(Codec.MSGPACK)
    hub, counters, delivery = setting(same, too, packed)
    hub.take(tick(1))
    hub.flush(0.0)
    delivery.deliver(0.0, 1)

    assert same.outbox.take() is too.outbox.take()
    assert msgspec.msgpack.decode(packed.outbox.take())["records"][0]["k"] == "tick"
    assert counters.delivered_records == 3


def test_messages_keep_their_place_among_the_records():
    one = viewer()
    hub, _, delivery = setting(one)
    for seq in (1, 2):
        hub.take(tick(seq))
        hub.flush(float(seq))
        hub.tell(one, {"re": seq})
    hub.tell(one, {"re": 0}, 0)
    delivery.deliver(3.0, 1)

    kinds = [message.get("re", message.get("t")) for message in drained(delivery, one)]
    assert kinds == [0, "batch", 1, "batch", 2]


def test_the_cursor_of_a_message_is_not_ahead_of_what_came_before_it():
    """A line that breaks before the gap is told must not bring back a place behind it."""
    one = viewer()
    one.trail = Trail([BTC], ["tick"], "1-5")
    hub = Hub(9)
    hub.join(one)
    hub.hold(one, BTC)
    hub.take(status(3))
    hub.take(tick(40))
    hub.follow(subscription(one), {"tick": (1, 5)}, 0.0)
    delivery = Delivery(hub, Counters(), heartbeat=1.0)
    delivery.deliver(0.0, 1)

    events = []
    while (message := one.outbox.take()) is not None:
        delivery.sent(one, len(message), 0.0)
        name, *rest = message.decode().splitlines()
        events.append((name, *[line for line in rest if line.startswith("id:")]))
    assert events == [("event: batch", "id: 1-5"), ("event: gap",), ("event: batch", "id: 1-40")]


def test_a_slow_viewer_is_warned_conflated_cleared_and_at_last_closed():
    one = viewer(capacity=4000)
    hub, counters, delivery = setting(one)
    seq = 0

    def feed(now):
        nonlocal seq
        seq += 1
        hub.take(tick(seq))
        hub.flush(now)
        delivery.deliver(now, 1)

    while not one.outbox.slow:
        feed(seq / 1000)
    assert one.follows[BTC].lane_ms == 1000
    delivery.deliver(1.0, 1)
    found = drained(delivery, one)
    assert [(m["cleared"], m["interval_ms"]) for m in found if m["t"] == "warning"] == [
        (False, 1000)
    ]
    delivery.deliver(1.0, 1)
    [cleared] = [m for m in drained(delivery, one) if m["t"] == "warning"]
    assert (cleared["cleared"], cleared["interval_ms"]) == (True, 0)
    assert one.follows[BTC].lane_ms == 0

    while one.closing is None:
        feed(100.0 + seq)
    assert one.closing is Close.SLOW
    assert one.outbox.queued <= 4000
    before = counters.delivered_records
    feed(9999.0)
    assert counters.delivered_records == before


def test_silence_is_filled_and_lateness_ends_it():
    one, late = viewer(), viewer()
    hub, _, delivery = setting(one, late)
    late.outbox.put(b"x", 0.0)
    delivery.look(0.5, 7)
    assert drained(delivery, one) == []
    delivery.look(1.0, 7)
    assert drained(delivery, one) == [{"t": "heartbeat", "ts": 7}]
    delivery.look(1.5, 7)
    assert drained(delivery, one) == []
    delivery.look(10.5, 7)
    assert late.closing is Close.SLOW
    assert one.closing is None
    assert hub.viewers


def test_a_long_recovery_comes_in_several_messages():
    one = viewer()
    hub, _, delivery = setting(one)
    for seq in range(1, 2502):
        hub.take(tick(seq))
    hub.flush(1.0)
    delivery.deliver(1.0, 1)

    assert [len(message["records"]) for message in drained(delivery, one)] == [1000, 1000, 501]
