from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cryptostream.records import (
    DataState,
    Phase,
    Status,
    StreamState,
    Tick,
    TickText,
    Trade,
    TradeText,
)
from cryptostream.wire.frames import encode_payload

PRICES = st.decimals(allow_nan=False, allow_infinity=False)
TICK = Tick(symbol="BINANCE:BTCUSDT", source="x", method="dom", ts_observed=1, last=Decimal("1.50"))


def test_records_cannot_be_changed():
    with pytest.raises(AttributeError):
        TICK.last = Decimal(2)


def test_a_value_that_the_source_does_not_have_is_absent_on_the_wire():
    assert msgspec.to_builtins(TICK) == {
        "symbol": "BINANCE:BTCUSDT",
        "source": "x",
        "method": "dom",
        "ts_observed": 1,
        "last": "1.50",
    }


@settings(deadline=None)
@given(PRICES, PRICES)
def test_a_number_keeps_its_value_and_its_scale_on_the_way(price, quantity):
    trade = Trade(
        symbol="A:BC", source="x", method="stream", ts_observed=1, price=price, quantity=quantity
    )
    back = msgspec.msgpack.decode(msgspec.msgpack.encode(trade), type=Trade)
    assert back.price.as_tuple() == price.as_tuple()
    assert back.quantity.as_tuple() == quantity.as_tuple()


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("stream", StreamState)
@pytest.mark.parametrize("data", DataState)
def test_a_status_comes_back_as_it_went(phase, stream, data):
    status = Status(
        symbol="A:BC",
        phase=phase,
        stream=stream,
        data=data,
        code="ok",
        text="",
        ts=1,
        suggestions=("A:BD",),
    )
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(status), type=Status) == status


NUMBERS = st.decimals(0, 10**9, allow_nan=False, allow_infinity=False, places=8).map(str)


@given(NUMBERS, NUMBERS | st.none())
def test_text_on_its_way_out_is_encoded_like_the_record_it_stands_for(last, bid):
    facts = {"symbol": "A:BC", "source": "x", "method": "stream", "ts_observed": 1}
    tick = Tick(last=Decimal(last), bid=None if bid is None else Decimal(bid), **facts)
    assert encode_payload([TickText(last=last, bid=bid, **facts)]) == encode_payload([tick])
    trade = Trade(price=Decimal(last), quantity=Decimal(last), side="buy", **facts)
    text = TradeText(price=last, quantity=last, side="buy", **facts)
    assert encode_payload([text]) == encode_payload([trade])


def test_text_on_its_way_out_has_the_fields_of_the_record_it_stands_for():
    assert {*TickText.__struct_fields__} == {*Tick.__struct_fields__} - {"rule"}
    assert TradeText.__struct_fields__ == Trade.__struct_fields__
