import contextlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptostream.errors import ProtocolError
from cryptostream.wire import hop

BOTTOMLESS = b"\x91" * 100_000 + b"\xc0"
REPORT = hop.Report(
    symbol="A:BC",
    generation=1,
    state=hop.PageState.FAILED,
    code="blocked",
    text="refused",
    ts=1,
    retry_after=30.0,
)
FROM_WORKER = [
    hop.WorkerHello(
        worker="browser-0",
        incarnation=1,
        source="x",
        capacity=20,
        opening=4,
        pid=7,
        reports=[REPORT],
    ),
    hop.Beat(worker="browser-0", incarnation=1, sent=3, reports=[REPORT], detail={"cpu": 0.5}),
    hop.Goodbye(worker="browser-0", incarnation=1, reason="recycled"),
]
TO_WORKER = [
    hop.Open(symbol="A:BC", generation=1),
    hop.Close(symbol="A:BC", generation=1),
    hop.Confirmed(incarnation=1),
]
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
ANY_BYTES = st.one_of(st.binary(), JUNK.map(msgspec.msgpack.encode))


DATA = st.builds(
    hop.DataFrame,
    topic=st.binary(max_size=40),
    payload=st.binary(max_size=200),
    size=st.integers(0, 2**32 - 1),
    flags=st.integers(0, 255),
    number=st.integers(1, 2**64 - 1),
)


def framed(frame: hop.DataFrame) -> bytes:
    return hop.data_frame(frame.topic, frame.payload, frame.size, frame.flags, frame.number)


def body_of(message: hop.FromWorker | hop.ToWorker) -> bytes:
    (body,) = hop.Unframer().feed(hop.control_frame(message))
    assert isinstance(body, bytes)
    return body


@pytest.mark.parametrize("message", FROM_WORKER)
def test_a_workers_message_comes_back_as_it_went(message):
    assert hop.decode_from_worker(body_of(message)) == message


@pytest.mark.parametrize("message", TO_WORKER)
def test_an_instruction_comes_back_as_it_went(message):
    assert hop.decode_to_worker(body_of(message)) == message


def test_reports_come_back_as_they_went():
    assert hop.decode_reports(hop.encode_reports([REPORT, REPORT])) == [REPORT, REPORT]


@given(st.lists(DATA | st.sampled_from([*FROM_WORKER, *TO_WORKER])), st.randoms())
def test_frames_come_out_whole_and_in_order_however_the_stream_is_cut(items, chance):
    stream = b"".join(
        framed(item) if isinstance(item, hop.DataFrame) else hop.control_frame(item)
        for item in items
    )
    unframer, found, at = hop.Unframer(), [], 0
    while at < len(stream):
        size = chance.randint(1, 60)
        found += unframer.feed(stream[at : at + size])
        at += size
    assert found == [i if isinstance(i, hop.DataFrame) else body_of(i) for i in items]


@given(st.lists(st.binary()))
def test_any_stream_is_cut_into_frames_or_refused(chunks):
    unframer = hop.Unframer()
    with contextlib.suppress(ProtocolError):
        for chunk in chunks:
            unframer.feed(chunk)


@pytest.mark.parametrize(
    "stream",
    [
        b"\xff\xff\xff\xff\x00",  # longer than any frame
        b"\x00\x00\x00\x00\x00",  # shorter than any
        b"\x00\x00\x00\x01\x07",  # a kind that is none
        b"\x00\x00\x00\x02\x01\x00",  # data without a head
        b"\x00\x00\x00\x10\x01\x00\x05" + bytes(13),  # a topic longer than its frame
    ],
)
def test_what_is_no_frame_is_refused(stream):
    with pytest.raises(ProtocolError):
        hop.Unframer().feed(stream)


def test_another_version_of_the_hop_is_refused():
    hello = msgspec.structs.replace(FROM_WORKER[0], version=1)
    with pytest.raises(ProtocolError) as caught:
        hop.decode_from_worker(body_of(hello))
    assert caught.value.code == "bad_version"


DECODERS = [
    hop.decode_from_worker,
    hop.decode_to_worker,
    hop.decode_reports,
]


@pytest.mark.parametrize("decode", DECODERS)
@given(ANY_BYTES)
def test_any_bytes_are_understood_or_refused_with_the_coded_error(decode, body):
    code = None
    try:
        decode(body)
    except ProtocolError as error:
        code = error.code
    assert code in {None, "malformed", "bad_version"}


@pytest.mark.parametrize(
    ("decode", "body"),
    [
        (hop.decode_from_worker, b"\x82\xa1x" + BOTTOMLESS + b"\xa1m\xa4beat"),
        (hop.decode_to_worker, b"\x82\xa1x" + BOTTOMLESS + b"\xa1m\xa3who"),
        (hop.decode_reports, b"\x91\x81\xa1x" + BOTTOMLESS),
    ],
)
def test_bottomless_nesting_in_what_is_skipped_is_refused(decode, body):
    with pytest.raises(ProtocolError):
        decode(body)
