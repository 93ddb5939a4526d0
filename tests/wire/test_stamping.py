from decimal import Decimal

from cryptostream.records import Tick
from cryptostream.wire.frames import Flag, Meta
from cryptostream.wire.stamping import stamp


def ticks(count: int) -> list[Tick]:
    return [
        Tick(symbol="A:BC", source="x", method="dom", ts_observed=n, last=Decimal(n + 1))
        for n in range(count)
    ]


def test_each_record_of_a_batch_gets_its_own_sequence():
    stamped = stamp(Meta(1, 7, 10, 3, 99, 0), ticks(3))
    assert [(record.epoch, record.seq) for record in stamped] == [(7, 10), (7, 11), (7, 12)]
    assert {record.ts_published for record in stamped} == {99}
    assert not any(record.image for record in stamped)


def test_records_of_an_image_say_so():
    stamped = stamp(Meta(1, 7, 10, 2, 99, int(Flag.IMAGE | Flag.SIMULATED)), ticks(2))
    assert all(record.image for record in stamped)
