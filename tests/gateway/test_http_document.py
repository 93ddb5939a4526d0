"""docs/http.md is what the code does: its examples are read and written by it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from cryptostream.config.gateway import Gateway
from cryptostream.gateway import messages as m
from cryptostream.gateway.app import _STATUSES
from cryptostream.gateway.closing import Close
from cryptostream.gateway.encoding import Codec, encode_record
from cryptostream.gateway.lanes import INTERVALS_MS
from cryptostream.gateway.openapi import ENDPOINTS
from cryptostream.wire.effects import GapReason
from cryptostream.wire.frames import type_of_kind

TEXT = (Path(__file__).parents[2] / "docs" / "http.md").read_text("utf-8")
BLOCK = re.compile(r"^```(\w+) ([^\n]*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
EXAMPLES = [(info, json.loads(body)) for _, info, body in BLOCK.findall(TEXT)]


def examples(kind: str) -> list[Any]:
    return [example for info, example in EXAMPLES if info.split()[0] == kind]


def rows(title: str) -> list[list[str]]:
    """Return the cells of all table rows under a heading, without their code marks."""
    found = re.search(rf"^##+ {re.escape(title)}\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert found, title
    lines = re.findall(r"^\| (.*) \|$", found[1], re.MULTILINE)
    return [[cell.strip().strip("`") for cell in line.split(" | ")] for line in lines]


@pytest.mark.parametrize("codec", Codec)
@pytest.mark.parametrize("example", examples("request"), ids=lambda one: one["op"])
def test_a_request_is_understood(codec, example):
    body = msgspec.json.encode(example) if codec is Codec.JSON else msgspec.msgpack.encode(example)
    request_id, request = m.decode_request(codec, body)
    assert request_id == example["id"]
    assert isinstance(request, m.Asked)
    read = json.loads(msgspec.json.encode(request))
    assert {key: read[key] for key in example} == example


def test_every_operation_and_message_has_an_example():
    assert {one["op"] for one in examples("request")} == set(m.OPERATIONS)
    told = {one["t"] for _, one in EXAMPLES if "t" in one}
    headings = set(re.findall(r"^### (\w+)$", TEXT, re.MULTILINE))
    assert headings - {"Answers"} | {"hello", "close"} == told


def test_every_operation_and_key_is_described():
    cells = [row[0] for row in rows("3 What a viewer says")]
    described = {name for cell in cells for name in re.findall(r"\w+", cell)}
    assert set(m.OPERATIONS) <= described
    fields = {name for kind in get_args(m.Request) for name in kind.__struct_fields__}
    assert fields <= described


@pytest.mark.parametrize("record", examples("batch")[0]["records"], ids=lambda one: one["k"])
def test_a_record_is_what_is_sent(record):
    plain = {key: value for key, value in record.items() if key not in ("k", "conflated", "first")}
    typed = msgspec.convert(plain, type_of_kind[record["k"]])
    merged = (record.get("conflated", 0), record.get("first", 0))
    sent = json.loads(encode_record(Codec.JSON, record["k"], typed, *merged))
    assert sent == record


def test_every_close_code_is_described_with_what_to_do():
    found = {int(row[0]): (row[1], row[3]) for row in rows("8 Close codes") if row[0].isdigit()}
    assert {code: name for code, (name, _) in found.items()} == {c: c.reason for c in Close}
    for code, (_, what) in found.items():
        assert what.startswith("yes") is Close(code).reconnect


def test_every_limit_is_described_with_its_default():
    defaults = msgspec.to_builtins(Gateway())
    found = {row[0].removeprefix("gateway."): row[1] for row in rows("13 Limits")[1:]}
    assert {name: float(value) for name, value in found.items()} == {
        name: float(defaults[name]) for name in found
    }
    numbers = {n for n, v in defaults.items() if isinstance(v, int | float) and v is not True}
    assert numbers - {"port", "behind_tls_proxy"} <= set(found)


def test_every_endpoint_interval_reason_and_code_is_described():
    described = " ".join(row[0] for row in rows("1 Endpoints"))
    for endpoint in ENDPOINTS:
        assert f"GET /v1/{endpoint.name}" in described
    assert ", ".join(map(str, INTERVALS_MS)) in TEXT.replace("\n", " ")
    for reason in get_args(GapReason):
        assert f"`{reason}`" in TEXT
    codes = {row[0]: row[1] for row in rows("11 Errors")}
    for code, status in _STATUSES.items():
        if code != "overloaded":
            assert codes[code] == str(status)


def test_the_contents_lead_to_sections_that_exist():
    headings = re.findall(r"^#+ (.*)$", TEXT, re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", h).strip().lower().replace(" ", "-") for h in headings}
    assert set(re.findall(r"\]\(#([^)]*)\)", TEXT)) <= anchors
