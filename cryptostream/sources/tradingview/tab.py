"""One page of the browser: opened, prepared, navigated, closed; no knowledge of prices."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import msgspec
from loguru import logger

from cryptostream.errors import CryptoStreamError, SourceError
from cryptostream.sources.tradingview.border import FIRST_ERROR, refused, unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cryptostream.sources.tradingview.cdp import Connection

# A page that does not close by itself within this time (s) is left to the browser's end.
CLOSE_WITHIN = 3.0
# Pages see a small, ordinary screen.
_WIDTH, _HEIGHT = 1024, 640


class _Target(msgspec.Struct, frozen=True):
    target_id: str = msgspec.field(name="targetId")


class _Session(msgspec.Struct, frozen=True):
    session_id: str = msgspec.field(name="sessionId")


class _Navigated(msgspec.Struct, frozen=True):
    loader_id: str = msgspec.field(name="loaderId", default="")
    error_text: str = msgspec.field(name="errorText", default="")


class _Response(msgspec.Struct, frozen=True):
    status: int
    headers: dict[str, str] = {}


class _Responded(msgspec.Struct, frozen=True):
    request_id: str = msgspec.field(name="requestId")
    response: _Response


class _Bound(msgspec.Struct, frozen=True):
    name: str
    payload: str


class _FrameData(msgspec.Struct, frozen=True):
    text: str = msgspec.field(name="payloadData", default="")


class _Frame(msgspec.Struct, frozen=True):
    response: _FrameData


_responded = msgspec.json.Decoder(_Responded).decode
_bound = msgspec.json.Decoder(_Bound).decode
_frame = msgspec.json.Decoder(_Frame).decode


class Tab:
    """A page with a session of its own; ``broken`` is called once with the code and the text."""

    def __init__(
        self, connection: Connection, context: str, broken: Callable[[str, str], None]
    ) -> None:
        self._connection = connection
        self._context = context
        self._broken = broken
        self._target = ""
        self._session = ""
        self._answered: dict[str, _Response] = {}
        self._closing = False
        self._navigating = False

    async def open(self, *, locale: str, timezone: str) -> None:
        """Open an empty page in the browser's context."""
        target = await self._connection.ask(
            _Target,
            "Target.createTarget",
            {"url": "about:blank", "browserContextId": self._context, "background": True},
        )
        self._target = target.target_id
        attached = await self._connection.ask(
            _Session, "Target.attachToTarget", {"targetId": self._target, "flatten": True}
        )
        self._session = attached.session_id
        self._listen()
        await asyncio.gather(
            self._send("Page.enable"),
            self._send("Inspector.enable"),
            # A binding outlives a navigation to another process only where this is on.
            self._send("Runtime.enable"),
            # Bodies are never asked for: keep none.
            self._send("Network.enable", maxTotalBufferSize=0, maxResourceBufferSize=0),
            self._send("Emulation.setLocaleOverride", locale=locale),
            self._send("Emulation.setTimezoneOverride", timezoneId=timezone),
            # Every page believes that it is looked at: many stop painting otherwise.
            self._send("Emulation.setFocusEmulationEnabled", enabled=True),
            self._send(
                "Emulation.setDeviceMetricsOverride",
                width=_WIDTH,
                height=_HEIGHT,
                deviceScaleFactor=1,
                mobile=False,
            ),
        )

    async def prepare(self, binding: str, scripts: Sequence[str], blocked: Sequence[str]) -> None:
        """Install scripts that run before the page's own, the binding they call, and the diet."""
        await asyncio.gather(
            self._send("Runtime.addBinding", name=binding),
            self._send("Network.setBlockedURLs", urls=list(blocked)),
            *(self._send("Page.addScriptToEvaluateOnNewDocument", source=s) for s in scripts),
        )

    def on_binding(self, name: str, handler: Callable[[str], None]) -> None:
        """Hand the text of every call of the binding to ``handler``."""

        def take(raw: msgspec.Raw) -> None:
            event = _bound(raw)
            if event.name == name:
                handler(event.payload)

        self._connection.on("Runtime.bindingCalled", take, self._session)

    def on_frame(self, handler: Callable[[str], None]) -> None:
        """Hand the text of every websocket message that the page receives to ``handler``."""
        self._connection.on(
            "Network.webSocketFrameReceived",
            lambda raw: handler(_frame(raw).response.text),
            self._session,
        )

    async def navigate(self, address: str, symbol: str, within: float) -> None:
        """Go to an address and return when the page has begun.

        Raises:
            SourceError: it cannot be reached, does not answer in time, or answers with an error.

        """
        self._navigating = True
        try:
            raw = await self._connection.send(
                "Page.navigate", {"url": address}, self._session, within
            )
        except SourceError as error:
            if error.code != "browser_mute":
                raise
            text = f"the page did not answer within {within:.0f} s"
            raise SourceError(text, code="load_timeout") from error
        navigated = msgspec.json.decode(raw, type=_Navigated)
        if navigated.error_text:
            raise unreachable(navigated.error_text, symbol)
        self._navigating = False
        response = self._answered.pop(navigated.loader_id, None)
        if response is not None and response.status >= FIRST_ERROR:
            raise refused(response.status, response.headers, symbol, time.time_ns() / 1e9)

    async def evaluate(self, expression: str) -> Any:  # noqa: ANN401 - whatever the page has
        """Return the value of an expression in the page, as JSON carries it."""
        raw = await self._send("Runtime.evaluate", expression=expression, returnByValue=True)
        return msgspec.json.decode(raw)["result"].get("value")

    async def close(self) -> None:
        """Close the page; again is no error."""
        self._closing = True
        target, self._target = self._target, ""
        if self._session:
            # What it says on its way out is of a page that was given up already.
            self._connection.forget(self._session)
        if not target or self._connection.gone.is_set():
            return
        try:
            await self._connection.send(
                "Target.closeTarget", {"targetId": target}, within=CLOSE_WITHIN
            )
        except CryptoStreamError as error:
            # Its browser is going or gone: the page ends with it.
            logger.debug("a page did not close by itself: {}", error)

    # -- events -------------------------------------------------------------------------

    def _listen(self) -> None:
        on, session = self._connection.on, self._session
        on("Network.responseReceived", self._on_response, session)
        on("Inspector.targetCrashed", lambda _raw: self._break("crashed", "crashed"), session)
        on("Inspector.detached", lambda _raw: self._break("page_closed", "was closed"), session)
        on("Page.javascriptDialogOpening", self._on_dialog, session)

    def _on_response(self, raw: msgspec.Raw) -> None:
        # Only the answer to a navigation carries the id of its loader as its own.
        if self._navigating and b'"type":"Document"' in bytes(raw):
            event = _responded(raw)
            self._answered[event.request_id] = event.response

    def _on_dialog(self, _raw: msgspec.Raw) -> None:
        """Refuse a dialog: it would stop the page until somebody clicks."""
        task = asyncio.get_running_loop().create_task(
            self._send("Page.handleJavaScriptDialog", accept=False)
        )
        task.add_done_callback(_note_failure)

    def _break(self, code: str, what: str) -> None:
        if not self._closing:
            self._broken(code, f"the page {what}")

    async def _send(self, method: str, **params: Any) -> msgspec.Raw:  # noqa: ANN401 - JSON
        return await self._connection.send(method, params, self._session)


def _note_failure(task: asyncio.Task[msgspec.Raw]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        logger.debug("a dialog was not answered: {}", error)
