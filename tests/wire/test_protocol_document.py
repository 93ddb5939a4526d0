"""docs/protocol.md is complete, and every example in it is what the code says and does."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any, get_args

import msgpack
import msgspec
import pytest

from cryptostream.config.settings import Config
from cryptostream.errors import CryptoStreamError
from cryptostream.records import DataState, Method, Phase, Record, Status, StreamState
from cryptostream.router.acquisition import Acquisition
from cryptostream.router.desk import Desk
from cryptostream.router.failover import FailoverRules
from cryptostream.router.instructions import Rules, Worker
from cryptostream.router.registry import Registry
from cryptostream.router.states import AXES
from cryptostream.router.tape import Tape
from cryptostream.symbols import Found, Listing, Order, Verdict
from cryptostream.wire import messages as m
from cryptostream.wire.frames import (
    Flag,
    Message,
    decode_meta,
    decode_payload,
    encode_meta,
    encode_payload,
    type_of_kind,
)
from cryptostream.wire.topics import KINDS, SYS_HEARTBEAT
from tests.listed import listed

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "protocol.md").read_text("utf-8")
BLOCK = re.compile(r"^```(\S+) ?([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Filled in by the receiver from the meta frame.
STAMPED = {"epoch", "seq", "ts_published", "image"}
# Errors that only our own library raises, or that end the daemon before a client can ask.
NOT_ON_THE_WIRE = {
    "bad_source",
    "unexpected",
    "runtime_dir",
    "bad_config",
    "not_connected",
    "no_answer",
    "overloaded",
    "source_failed",
}
NOT_ON_THE_WIRE |= {"cannot_start", "port_in_use", "browser_start", "no_browser", "no_display"}


def blocks(*kind: str) -> list[Any]:
    """Return the examples whose info string begins with these words, parsed."""
    found = []
    for language, info, body in BLOCK.findall(TEXT):
        assert language == "json"
        if tuple(info.split())[: len(kind)] == kind:
            found.append(json.loads(body))
    return found


def packed(value: Any) -> Any:
    """Return an example as it travels: ``$frames`` becomes three binaries."""
    if isinstance(value, dict) and set(value) == {"$frames"}:
        frames = value["$frames"]
        parts = [msgpack.packb(frames["meta"]), msgpack.packb(frames["payload"])]
        return [frames["topic"].encode(), *parts]
    if isinstance(value, dict):
        return {key: packed(inner) for key, inner in value.items()}
    return [packed(inner) for inner in value] if isinstance(value, list) else value


def images_in(value: Any) -> list[Message]:
    """Return all images in a travelled answer."""
    if isinstance(value, list) and [type(one) for one in value] == [bytes] * 3:
        return [Message(*value)]
    inner = value.values() if isinstance(value, dict) else value
    return [image for one in inner for image in images_in(one)] if _is_nest(value) else []


def _is_nest(value: Any) -> bool:
    return isinstance(value, dict | list)


def section(title: str, *, level: int = 3) -> str:
    """Return the text under a heading, up to the next of its level or above."""
    head = "#" * level
    found = re.search(
        rf"^{head} {re.escape(title)}\n(.*?)(?=^#{{1,{level}}} |\Z)", TEXT, re.MULTILINE | re.DOTALL
    )
    assert found, f"there is no section {title!r}"
    return found[1]


def first_cells(text: str) -> set[str]:
    """Return the code words in the first cells of all table rows."""
    return {
        word for cell in re.findall(r"^\|([^|]*)\|", text, re.MULTILINE) for word in _words(cell)
    }


def _words(text: str) -> set[str]:
    return set(re.findall(r"`([^`]+)`", text))


REQUESTS = blocks("request")
ANSWERS = [(op, answer) for op in m.OPERATIONS for answer in blocks("answer", op)]
RECORDS = [(kind, record) for kind in type_of_kind for record in blocks("payload", kind)]


# -- examples -----------------------------------------------------------------------------


def test_every_operation_and_every_kind_of_record_has_an_example():
    assert {request["op"] for request in REQUESTS} == set(m.OPERATIONS)
    assert {op for op, _ in ANSWERS} == set(m.OPERATIONS)
    assert {kind for kind, _ in RECORDS} == set(type_of_kind)
    assert blocks("meta")
    assert blocks("refusal")


def test_every_example_is_of_a_kind_that_is_checked_here():
    kinds = {info.split()[0] for _, info, _ in BLOCK.findall(TEXT)}
    assert kinds == {"request", "answer", "refusal", "meta", "payload", "notation"}
    assert len(ANSWERS) == len(blocks("answer"))
    assert len(RECORDS) == len(blocks("payload"))


@pytest.mark.parametrize("example", REQUESTS, ids=lambda example: example["op"])
def test_a_request_is_understood_and_written_in_the_same_way(example):
    call_id, request = m.decode_request(msgpack.packb(example))
    assert call_id == example["id"]
    assert isinstance(request, m.Request)

    # The encoder leaves out what is at its default; nothing else may differ.
    written = msgpack.unpackb(m.encode_request(example["id"], request))
    assert written.items() <= example.items()
    assert set(example) <= {"v", "id", "op", *type(request).__struct_fields__}


@pytest.mark.parametrize(("op", "example"), ANSWERS)
def test_an_answer_is_understood_with_every_image_in_it(op, example):
    body = msgpack.packb(packed(example))

    fields = m.decode_answer(body)

    assert fields == msgspec.msgpack.decode(body) == msgpack.unpackb(body)
    assert fields["ok"] is True
    if op == "hello":
        assert m.read_answer(fields, m.Welcome).heartbeat == 1.0
    if op == "search":
        assert m.read_answer(fields, m.SearchResult).found
    for result in fields.get("results", ()):
        m.read_answer(result, m.TickerResult)
        kinds = [topic.partition(b"/")[0].decode() for topic, *_ in result.get("images", ())]
        assert kinds in ([], [*KINDS])  # in the order of the daemon
    for image in images_in(fields):
        check_message(image)


def check_message(message: Message) -> None:
    meta = decode_meta(message.meta)
    records = decode_payload(message.topic, message.payload)
    assert len(records) == meta.count
    assert message.topic.endswith(b"/")
    assert msgpack.unpackb(encode_payload(records)) == msgpack.unpackb(message.payload)


def test_a_refusal_becomes_an_error():
    for example in blocks("refusal"):
        fields = m.decode_answer(msgpack.packb(example))
        error = m.error_of(fields["error"])
        assert m.error_map(error) == example["error"]
        assert msgpack.unpackb(m.encode_refusal(example["id"], error)) == example


@pytest.mark.parametrize("example", blocks("meta"))
def test_a_meta_frame_is_read_and_written_in_the_same_way(example):
    meta = decode_meta(msgpack.packb(example))
    assert msgpack.unpackb(encode_meta(meta)) == example
    heartbeat = bool(meta.flags & Flag.HEARTBEAT)
    assert heartbeat == (meta.count == 0)


@pytest.mark.parametrize(("kind", "example"), RECORDS)
def test_a_record_is_read_and_written_in_the_same_way(kind, example):
    [record] = decode_payload(f"{kind}/X/".encode(), msgpack.packb([example]))
    assert msgpack.unpackb(encode_payload([record])) == [example]


@pytest.mark.parametrize("kind", type_of_kind)
def test_every_field_of_a_record_is_in_an_example_of_it(kind):
    shown = {key for of_kind, example in RECORDS if of_kind == kind for key in example}
    assert shown == set(type_of_kind[kind].__struct_fields__) - STAMPED


def test_the_notation_of_images_stands_for_three_binaries():
    [example] = blocks("notation")
    check_message(Message(*packed(example)))


# -- completeness -------------------------------------------------------------------------


@pytest.mark.parametrize("kind", type_of_kind)
def test_every_field_of_a_record_is_described(kind):
    common = first_cells(section("5 Records", level=2).partition("\n### ")[0])
    described = first_cells(section(kind.capitalize()).partition("#### ")[0])
    fields = set(type_of_kind[kind].__struct_fields__) - STAMPED
    if issubclass(type_of_kind[kind], Record):
        assert common == set(Record.__struct_fields__) - STAMPED
        assert described == fields - common
    else:
        assert fields <= described


@pytest.mark.parametrize("op", m.OPERATIONS)
def test_every_field_of_a_request_is_described(op):
    table, _, rest = section(op).partition("| answer field |")
    fields = set(m.OPERATIONS[op].__struct_fields__)
    assert first_cells(table) == fields
    assert rest or op == "bye"


@pytest.mark.parametrize("op", m.OPERATIONS)
def test_every_field_of_an_answer_is_described_and_is_what_the_daemon_sends(op):
    described = first_cells(section(op).partition("| answer field |")[2].partition("\n\n")[0])
    sent = {key for answer in answers_of_a_real_desk(op) for key in answer}
    shown = {key for of_op, example in ANSWERS if of_op == op for key in example}
    assert sent == shown - {"v", "id", "ok"} == described


@pytest.mark.parametrize("op", m.OPERATIONS)
def test_every_key_inside_an_answer_is_described(op):
    everywhere = _words(section("Answers per ticker")) | _words(section("Status"))
    everywhere |= _words(section("8 Errors", level=2)) | _words(section("list"))
    # What a directory and a worker tell for people is theirs.
    known = everywhere | _words(section(op)) | {"state", "age", "symbols", "why", "pages"}
    for answer in answers_of_a_real_desk(op):
        assert keys_inside(answer) <= known


def keys_inside(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {key for inner in value.values() for key in keys_inside(inner)}
    if isinstance(value, list):
        return {key for inner in value for key in keys_inside(inner)}
    return set()


class Listings:
    def check(self, symbol: str) -> Verdict:
        if symbol == "BINANCE:BTCUSTD":
            return Verdict(Listing.INVALID, "no such symbol", ("BINANCE:BTCUSDT",))
        return Verdict(Listing.VALID)

    def search(self, text: str, limit: int) -> list[str]:
        return ["BINANCE:BTCUSDT"]

    def find(self, text: str, limit: int, exchange: str) -> Found:
        return Found(tuple(listed(symbol) for symbol in self.search(text, limit)))

    def describe(self) -> dict[str, str | int | float | None]:
        return {"state": "fetched", "symbols": 1, "age": 1.0, "why": ""}


def answers_of_a_real_desk(op: str) -> list[dict[str, Any]]:
    """Return what the daemon answers to the examples of an operation, and to variants."""
    config = Config()
    epoch = 1768471200000
    tape = Tape(epoch, 100)
    registry = Registry(lease=10, linger=5, max_lease=100, max_clients=9, max_tickers=9)
    rules = Rules(
        delay=float, stable_after=1, open_within=9, ceiling=1, loading="the page is loading"
    )
    order = Order(("tradingview",))
    acquisition = Acquisition({"tradingview": rules}, FailoverRules(), lambda _symbol: order)
    figures = {"epoch": epoch, "pid": 1, "uptime": 1.0, "simulated": False, "restarts": 0}
    figures |= {"tape": {}, "workers": []}
    figures |= {"sources": [], "processes": [], "faults": []}
    desk = Desk(config, registry, tape, acquisition, {}, Listings(), lambda: figures)
    desk.answer(m.Hello(client="me"), b"1", 0.0, 1)
    desk.answer(m.Subscribe(tickers=["ETHUSDT"]), b"1", 0.0, 1)
    acquisition.worker_up(Worker("browser-0", 1, "tradingview", 9, 4), [], 0.0, 1)
    acquisition.want({"BINANCE:ETHUSDT"}, 0.0, 1)
    tape.publish(b"tick/BINANCE:ETHUSDT/", b"\x90", 1, 0, 1)
    asked = [example for example in REQUESTS if example["op"] == op]
    if op == "recover":
        asked.append({**asked[0], "topic": "tick/BINANCE:ETHUSDT/", "epoch": epoch, "seq": 0})
    if op == "why":
        asked.append({**asked[0], "ticker": "ETHUSDT"})
    answers = []
    for example in asked:
        _, request = m.decode_request(msgpack.packb(example))
        answer = desk.answer(request, b"1", 0.0, 1)
        body = m.encode_answer(1, answer)
        answers.append({k: v for k, v in msgpack.unpackb(body).items() if k not in ENVELOPE})
    return answers


ENVELOPE = {"v", "id", "ok"}


def test_the_envelopes_are_described():
    text = section("6 Control messages", level=2).partition("### ")[0]
    assert first_cells(text) == {"v", "id", "op", "ok", "error"}
    errors = section("8 Errors", level=2)
    assert set(m.error_map(CryptoStreamError("x"))) <= first_cells(errors)


@pytest.mark.parametrize("flag", Flag)
def test_every_flag_is_described(flag):
    assert re.search(rf"^\| {flag.value} \| `{flag.name.lower()}` \|", TEXT, re.MULTILINE)


def test_every_element_of_the_meta_frame_is_described_in_its_place():
    rows = re.findall(
        r"^\| (\d) \| `(\w+)` \|", section("Meta").partition("| bit |")[0], re.MULTILINE
    )
    fields = decode_meta(encode_meta((1, 0, 0, 0, 0, 0))).__struct_fields__
    assert rows == [(str(place), name) for place, name in enumerate(fields)]


def test_every_phase_is_described_with_the_axes_that_it_has():
    text = section("Status").partition("#### ")[0]
    for phase, (stream, data) in AXES.items():
        assert re.search(rf"^\| `{phase}` \| `{stream}` \| `{data}`", text, re.MULTILINE)
    assert {*Phase, *StreamState, *DataState} <= first_cells(text)


def test_every_method_listing_and_topic_is_described():
    assert set(get_args(Method)) <= _words(section("5 Records", level=2))
    assert set(Listing) <= _words(section("Answers per ticker"))
    topics = first_cells(section("3 Symbols and topics", level=2))
    assert {f"{kind}/EXCHANGE:TICKER/" for kind in KINDS} <= topics
    assert SYS_HEARTBEAT.decode() in topics


def test_every_limit_is_described_with_its_default():
    rows = re.findall(r"^\| `router\.(\w+)`[ *]*\| (\d+) \|", TEXT, re.MULTILINE)
    router = msgspec.to_builtins(Config().router)
    assert {name: float(value) for name, value in rows} == {
        name: float(value) for name, value in router.items() if not isinstance(value, str)
    }


# -- codes --------------------------------------------------------------------------------

CODE = re.compile(r"[a-z]+(_[a-z]+)*")
SAYS_A_CODE = {"status_of", "Finding", "_again", "_say", "_tell", "_break", "_report_of"}


def codes_in(path: Path) -> set[str]:
    """Return every code that a module gives: ``code="…"``, ``code = "…"``, or to a speaker."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if (isinstance(node, ast.keyword) and node.arg == "code") or (
            isinstance(node, ast.Assign) and _names(node.targets) == {"code"}
        ):
            found |= _constants([node.value])
        elif isinstance(node, ast.Call) and _names([node.func]) & SAYS_A_CODE:
            found |= _constants(node.args)
    return found


def _names(nodes: list[ast.expr]) -> set[str]:
    return {getattr(node, "id", getattr(node, "attr", "")) for node in nodes}


def _constants(nodes: list[ast.expr]) -> set[str]:
    texts = {node.value for node in nodes if isinstance(node, ast.Constant)}
    return {text for text in texts if isinstance(text, str) and CODE.fullmatch(text)}


def test_every_code_that_can_travel_is_described():
    package = ROOT / "cryptostream"
    files = [package / "errors.py", package / "symbols.py"]
    for folder in ("wire", "router", "sources"):
        files += (package / folder).rglob("*.py")

    codes = {code for file in files for code in codes_in(file)} - NOT_ON_THE_WIRE

    assert len(codes) > 30
    described = first_cells(section("Status codes", level=4))
    described |= first_cells(section("8 Errors", level=2))
    assert codes <= described


def test_every_code_of_a_refusal_is_among_the_errors():
    """The same word may be a status code as well: that says nothing of a refused ticker."""
    router = ROOT / "cryptostream" / "router"
    codes = {
        code
        for name in ("desk", "reception", "registry")
        for code in codes_in(router / f"{name}.py")
    }
    assert "no_source" in codes
    assert codes <= first_cells(section("8 Errors", level=2))


def test_every_status_code_is_described_with_a_phase_that_exists():
    rows = re.findall(r"^\| `(\w+)` \| ([^|]*) \|", section("Status codes", level=4), re.MULTILINE)
    phases = {phase for _, cell in rows for phase in _words(cell)}
    assert phases <= {*Phase, *DataState}
    assert len(rows) == len(dict(rows))


def test_a_status_in_an_example_has_the_axes_of_its_phase():
    for kind, example in RECORDS:
        if kind == "status":
            status = msgspec.convert(example, Status)
            assert (status.stream, status.data) == AXES[status.phase]


def test_the_contents_lead_to_sections_that_exist():
    headings = re.findall(r"^#+ (.*)$", TEXT, re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", h).strip().lower().replace(" ", "-") for h in headings}
    links = set(re.findall(r"\]\(#([^)]*)\)", TEXT))
    assert links <= anchors
    assert len(links) >= 13
