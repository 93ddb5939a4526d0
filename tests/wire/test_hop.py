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
        worker="browser-0", incarnation=1, source="x", capacity=20, pid=7, reports=[REPORT]
    ),
    hop.Beat(worker="browser-0", incarnation=1, sent=3, reports=[REPORT], detail={"cpu": 0.5}),
    hop.Goodbye(worker="browser-0", incarnation=1, reason="recycled"),
]
TO_WORKER = [
    hop.Open(symbol="A:BC", generation=1),
    hop.Close(symbol="A:BC", generation=1),
    hop.Confirmed(incarnation=1),
    hop.WhoAreYou(),
]
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
ANY_BYTES = st.one_of(st.binary(), JUNK.map(msgspec.msgpack.encode))


@pytest.mark.parametrize("message", FROM_WORKER)
def test_a_workers_message_comes_back_as_it_went(message):
    assert hop.decode_from_worker(hop.encode_hop(message)) == message


@pytest.mark.parametrize("message", TO_WORKER)
def test_an_instruction_comes_back_as_it_went(message):
    assert hop.decode_to_worker(hop.encode_hop(message)) == message


def test_reports_come_back_as_they_went():
    assert hop.decode_reports(hop.encode_reports([REPORT, REPORT])) == [REPORT, REPORT]


def test_the_meta_of_the_hop_comes_back_as_it_went():
    meta = hop.HopMeta(hop.VERSION, 5, 6, 7, 8)
    assert hop.decode_hop_meta(hop.encode_hop_meta(meta)) == meta


def test_another_version_of_the_hop_is_refused():
    with pytest.raises(ProtocolError) as caught:
        hop.decode_hop_meta(hop.encode_hop_meta((9, 1, 1, 1, 0)))
    assert caught.value.code == "bad_version"


DECODERS = [
    hop.decode_hop_meta,
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
        (hop.decode_hop_meta, b"\x96\x01\x01\x01\x01\x01" + BOTTOMLESS),
        (hop.decode_from_worker, b"\x82\xa1x" + BOTTOMLESS + b"\xa1m\xa4beat"),
        (hop.decode_to_worker, b"\x82\xa1x" + BOTTOMLESS + b"\xa1m\xa3who"),
        (hop.decode_reports, b"\x91\x81\xa1x" + BOTTOMLESS),
    ],
)
def test_bottomless_nesting_in_what_is_skipped_is_refused(decode, body):
    with pytest.raises(ProtocolError):
        decode(body)
