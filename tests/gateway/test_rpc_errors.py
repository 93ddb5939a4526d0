"""Our errors keep their codes in Connect's."""

from __future__ import annotations

import re

import pytest

from cryptostream.errors import CryptoStreamError
from cryptostream.gateway.app import _STATUSES
from cryptostream.gateway.closing import Close
from cryptostream.gateway.rpc_errors import CODES, closed, rpc_error, taken_over
from tests.gateway.rpc_client import told
from tests.gateway.test_http_document import rows as table


@pytest.mark.parametrize(
    ("code", "retriable", "expected"),
    [
        ("bad_symbol", False, "invalid_argument"),
        ("no_token", False, "unauthenticated"),
        ("not_allowed", False, "permission_denied"),
        ("not_connected", True, "unavailable"),
        ("never_heard", True, "unavailable"),
        ("never_heard", False, "failed_precondition"),
    ],
)
def test_a_program_that_knows_only_connect_learns_what_to_do(code, retriable, expected):
    error = rpc_error(CryptoStreamError("what", code=code, hint="how", retriable=retriable))
    found, info = told(error)
    assert (found, error.message) == (expected, "what (how)")
    assert (info.code, info.message, info.hint, info.retriable) == (code, "what", "how", retriable)


def test_every_code_that_rest_knows_is_known():
    assert set(_STATUSES) - set(CODES) <= {"not_found", "overloaded"}


@pytest.mark.parametrize("why", Close)
def test_a_stream_ends_with_the_code_and_the_advice_of_a_websocket(why):
    _, info = told(rpc_error(closed(why)))
    assert (info.code, info.retriable) == (why.reason, why.reconnect)


def test_who_was_taken_over_does_not_come_back():
    code, info = told(rpc_error(taken_over("c")))
    assert (code, info.code, info.retriable) == ("aborted", "taken_over", False)


def test_the_document_says_which_code_becomes_which():
    rows = {row[0]: re.findall(r"\w+", row[1]) for row in table("Errors by Connect")}
    for code, connect in CODES.items():
        assert code in rows[connect.value]
