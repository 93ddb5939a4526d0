"""The reception: bytes of a request in, bytes of its answer out, whatever the bytes are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptostream.errors import CryptoStreamError, Overloaded, ProtocolError
from cryptostream.router.rate import RateLimit
from cryptostream.wire import messages

if TYPE_CHECKING:
    from cryptostream.config.settings import Router as RouterSettings
    from cryptostream.router.desk import Desk


class Reception:
    """Reads requests, keeps each connection within its rate, and lets the desk answer.

    ``refused`` counts the requests that got an error as their answer.
    """

    def __init__(self, settings: RouterSettings, desk: Desk) -> None:
        self._limit = settings.max_message
        self._rate = RateLimit(settings.request_rate, settings.request_burst)
        self._desk = desk
        self.refused = 0

    def reply(self, route: bytes, body: list[bytes], now: float, now_ns: int) -> bytes:
        """Return the answer to a request; never raises an error of ours."""
        call_id, request = self._read(body)
        try:
            if not self._rate.allows(route, now):
                raise Overloaded(
                    "this connection sends too many requests",
                    code="too_many_requests",
                    hint="slow down, or raise router.request_rate",
                )
            if isinstance(request, CryptoStreamError):
                raise request
            answer = self._desk.answer(request, route, now, now_ns)
            return messages.encode_answer(call_id, answer)
        except CryptoStreamError as error:
            self.refused += 1
            return messages.encode_refusal(call_id, error)

    def forget_idle(self, now: float) -> None:
        """Forget the rates of connections that have been idle."""
        self._rate.forget_idle(now)

    def _read(
        self, body: list[bytes]
    ) -> tuple[int | str | None, messages.Request | CryptoStreamError]:
        if len(body) != 1:
            hint = "send one MessagePack map a message"
            return None, ProtocolError(f"a request is one frame, not {len(body)}", hint=hint)
        if len(body[0]) > self._limit:
            return None, ProtocolError(
                f"a request of {len(body[0])} bytes; at most {self._limit} are taken",
                code="too_large",
                hint="split the request, or raise router.max_message",
            )
        return messages.decode_request(body[0])
