"""A session at its beginning, and what it wants to be sent."""

from cryptostream.router.tape import Tape
from cryptostream.wire import messages as m
from cryptostream.wire.effects import Send
from cryptostream.wire.session import Session
from cryptostream.wire.topics import KINDS, topic

EPOCH = 100
SYMBOL = "BINANCE:BTCUSDT"
TOPICS = [topic(kind, SYMBOL) for kind in KINDS]


def sent(out: list[object]) -> list[tuple[int, m.Request]]:
    """Return the requests that a session wants to be sent, each with its id."""
    return [m.decode_request(effect.body) for effect in out if isinstance(effect, Send)]


def requests(out: list[object]) -> list[m.Request]:
    return [request for _, request in sent(out)]


def only(kind: type, out: list[object]) -> list[object]:
    return [one for one in out if isinstance(one, kind)]


def welcome(session: Session, out: list[object], now: float = 0.0, **fields) -> list[object]:
    """Answer the hello among the effects; return what the session says to it."""
    [(call_id, hello)] = [pair for pair in sent(out) if isinstance(pair[1], m.Hello)]
    assert hello.client == session.client_id
    told = {"epoch": EPOCH, "lease": 9.0, "heartbeat": 1.0, "simulated": False, **fields}
    return session.answer(m.encode_answer(call_id, told), now)


def accept(session: Session, out: list[object], tape: Tape, now: float = 0.0) -> list[object]:
    """Accept every ticker of the declarations among the effects, with images from the tape."""
    said: list[object] = []
    for call_id, request in sent(out):
        if isinstance(request, m.Set | m.Modify):
            asked = request.tickers if isinstance(request, m.Set) else request.add
            results = [
                {
                    "ticker": symbol,
                    "symbol": symbol,
                    "ok": True,
                    "images": [tape.image(topic(kind, symbol), 1) for kind in KINDS],
                }
                for symbol in asked
            ]
            said += session.answer(m.encode_answer(call_id, {"results": results}), now)
    return said


def connected(*tickers: str) -> tuple[Session, Tape]:
    session, tape = Session("me"), Tape(EPOCH, 100)
    session.subscribe(tickers, 0.0)
    accept(session, welcome(session, session.started(0.0)), tape)
    return session, tape
