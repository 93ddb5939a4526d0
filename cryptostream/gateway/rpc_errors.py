"""Our errors as errors of Connect: its code for programs that know no other, ours in the detail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectrpc.code import Code
from connectrpc.errors import ConnectError

from cryptostream.errors import CryptoStreamError, RequestError
from cryptostream.gateway.messages import error_map
from cryptostream.gateway.rpc_messages import error_info

if TYPE_CHECKING:
    from cryptostream.gateway.closing import Close

# What is not here is UNAVAILABLE when trying again can help, else FAILED_PRECONDITION.
CODES = {
    "bad_request": Code.INVALID_ARGUMENT,
    "bad_symbol": Code.INVALID_ARGUMENT,
    "malformed": Code.INVALID_ARGUMENT,
    "unknown_symbol": Code.NOT_FOUND,
    "no_token": Code.UNAUTHENTICATED,
    "bad_token": Code.UNAUTHENTICATED,
    "not_allowed": Code.PERMISSION_DENIED,
    "bad_origin": Code.PERMISSION_DENIED,
    "too_many_tickers": Code.RESOURCE_EXHAUSTED,
    "too_many_requests": Code.RESOURCE_EXHAUSTED,
    "too_many_viewers": Code.UNAVAILABLE,
    "not_connected": Code.UNAVAILABLE,
    "no_answer": Code.UNAVAILABLE,
    "slow": Code.RESOURCE_EXHAUSTED,
    "flood": Code.RESOURCE_EXHAUSTED,
    "shutdown": Code.UNAVAILABLE,
    "taken_over": Code.ABORTED,
}


def rpc_error(error: CryptoStreamError) -> ConnectError:
    """Return an error as Connect sends it, with an ``ErrorInfo`` as its detail."""
    other = Code.UNAVAILABLE if error.retriable else Code.FAILED_PRECONDITION
    code = CODES.get(error.code, other)
    return ConnectError(code, error.line(), [error_info(error_map(error))])


def taken_over(client_id: str) -> RequestError:
    """Return why the first of two streams of one client ends; it must not come back by itself."""
    return RequestError(
        f"another stream of the client {client_id!r:.140} began",
        code="taken_over",
        hint="give each stream a client_id of its own",
    )


def closed(why: Close) -> CryptoStreamError:
    """Return why the gateway ends a stream; it has the code of the WebSocket's close."""
    return CryptoStreamError(
        f"the gateway ends this stream: {why.reason}",
        code=why.reason,
        retriable=why.reconnect,
        hint="stream again" if why.reconnect else "see docs/http.md",
    )
