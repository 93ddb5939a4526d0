from cryptostream.router.writers import Writers
from cryptostream.wire.hop import DataFrame

TICKS, TRADES = b"tick/A:BC/", b"trade/A:BC/"


def frame(number: int) -> DataFrame:
    return DataFrame(TICKS, b"", 1, 0, number)


def test_one_worker_writes_both_topics_and_others_stand_by():
    writers = Writers()
    writers.set("A:BC", 1, [2])
    assert writers.owners == {TICKS: 1, TRADES: 1}
    assert writers.tail(2, TICKS) is not None
    assert writers.tail(1, TICKS) is None
    assert writers.tail(3, TICKS) is None


def test_the_newest_message_of_who_stands_by_is_kept_with_the_time_of_its_first():
    writers = Writers()
    writers.set("A:BC", 1, [2])
    for number, at in ((1, 10), (2, 20)):
        writers.tail(2, TICKS).take(frame(number), at)
    writers.set("A:BC", 1, [2, 3])
    tail = writers.tail(2, TICKS)
    assert (tail.first_ns, tail.last_ns, tail.frame) == (10, 20, frame(2))


def test_who_neither_writes_nor_stands_by_any_more_is_forgotten():
    writers = Writers()
    writers.set("A:BC", 1, [2])
    writers.set("A:BC", 2, [])
    assert writers.owners[TICKS] == 2
    assert writers.tail(2, TICKS) is None
    writers.set("A:BC", None, [])
    assert writers.owners == {}
