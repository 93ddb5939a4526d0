"""The pure parts of the simulated market: models, framing, protocol, table of faults."""

import contextlib
import itertools
import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cryptostream.errors import ConfigError, ProtocolError
from cryptostream.sim import directory, looks
from cryptostream.sim.fault_table import FAULTS
from cryptostream.sim.faults import BadFault, FaultBoard, complete, faults_from_query
from cryptostream.sim.fields import distorted, snapshot_fields, trade_fields
from cryptostream.sim.framing import exact_json, frame, heartbeat, heartbeat_number, unframe
from cryptostream.sim.header import Look, header_html
from cryptostream.sim.instruments import INSTRUMENTS, find
from cryptostream.sim.market import BadPrice, on_grid
from cryptostream.sim.models import RandomModel, RecordedModel, first_quote, key_of, pause, walk
from cryptostream.sim.quotes import Delta, QuoteProtocol, canonical
from cryptostream.sim.recorded import btcusdt_minute
from cryptostream.sim.settings import SimSettings
from cryptostream.sim.synthetic import SyntheticPrices
from cryptostream.symbols import parse_symbol

BTC = "BINANCE:BTCUSDT"
SYMBOLS = st.sampled_from(sorted(INSTRUMENTS))


def series(symbol, seed, count):
    """Return ``count`` quotes of the random walk."""
    instrument = INSTRUMENTS[symbol]
    quote = first_quote(instrument, seed, 0)
    out = []
    for step in range(1, count + 1):
        quote = walk(key_of(seed, symbol), step, instrument.seed, quote, step)
        out.append(quote)
    return out


@settings(deadline=None)
@given(SYMBOLS, st.integers(0, 10**9))
def test_the_same_seed_and_symbol_play_the_same_series(symbol, seed):
    assert series(symbol, seed, 50) == series(symbol, seed, 50)


@settings(deadline=None)
@given(SYMBOLS, st.integers(0, 10**9))
def test_prices_stay_positive_and_the_book_is_never_crossed(symbol, seed):
    for quote in series(symbol, seed, 200):
        assert 0 < quote.bid < quote.ask
        assert 0 < quote.low <= quote.last <= quote.high


@settings(deadline=None)
@given(SYMBOLS, st.integers(0, 10**6))
def test_every_step_moves_the_price_and_adds_volume(symbol, seed):
    quotes = series(symbol, seed, 50)
    for before, after in itertools.pairwise(quotes):
        assert before.last != after.last
        assert before.volume < after.volume


def test_different_symbols_play_different_series():
    eth, btc = (series(s, 1, 30) for s in ("BINANCE:ETHUSDT", BTC))
    assert [q.volume for q in eth] != [q.volume for q in btc]


def test_pauses_have_the_asked_mean():
    pauses = [pause(key_of(1, BTC), step, 5.0) for step in range(5000)]
    assert 0.18 < sum(pauses) / len(pauses) < 0.22
    assert max(pauses) <= 1.0


def test_a_random_model_is_due_after_now():
    model = RandomModel(INSTRUMENTS[BTC], 1, 5.0)
    model.resume(100.0)
    first = model.due
    model.step(first_quote(INSTRUMENTS[BTC], 1, 0), 0)
    assert 100.0 < first < model.due


def test_the_recording_holds_all_trades_and_books_in_order():
    recording = btcusdt_minute()
    assert len(recording.events) == 2001 + 451
    assert list(recording.offsets) == sorted(recording.offsets)
    assert sum(event.is_trade for event in recording.events) == 2001


def test_a_recorded_lap_ends_where_the_tape_ends_and_begins_anew():
    recording = btcusdt_minute()
    model = RecordedModel(recording, speed=2.0)
    model.resume(10.0)
    quote = recording.first()
    for event in recording.events:
        quote, traded = model.step(quote, 0)
        assert traded == event.is_trade
    assert model.due == pytest.approx(10.0 + recording.length_ms / 2000)


def test_a_recorded_model_takes_up_where_the_tape_is_now():
    model = RecordedModel(btcusdt_minute(), speed=1.0)
    model.resume(0.0)
    model.resume(20.0)
    assert 20.0 <= model.due < 22.0


@given(st.lists(st.text()))
def test_frames_come_back_whatever_they_hold(payloads):
    assert unframe("".join(map(frame, payloads))) == payloads


def test_a_frame_counts_utf16_units():
    assert frame("😀") == "~m~2~m~😀"
    assert unframe("~m~4~m~~h~2") == ["~h~2"]


@pytest.mark.parametrize(
    "bad", ["x", "~m~", "~m~5~m~ab", "~m~-1~m~", "~m~1~m~ab", "~m~9999999~m~a"]
)
def test_a_broken_frame_is_refused(bad):
    with pytest.raises(ProtocolError):
        unframe(bad)


@given(st.text(max_size=60))
def test_unframing_refuses_or_answers_but_never_crashes(text):
    with contextlib.suppress(ProtocolError):
        assert all(isinstance(payload, str) for payload in unframe(text))


def test_heartbeats_are_told_from_messages():
    assert heartbeat_number(heartbeat(17)) == 17
    assert heartbeat_number('{"m":"x"}') is None


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, places=8, min_value=-(10**9), max_value=10**9
    )
)
def test_json_numbers_keep_every_digit(number):
    assert json.loads(exact_json({"n": [number]}), parse_float=Decimal)["n"][0] == number


def test_the_market_lists_enough_and_every_symbol_is_canonical():
    home = [one for one in INSTRUMENTS.values() if one.exchange == "BINANCE"]
    assert len(home) >= 60
    assert all(parse_symbol(symbol) == symbol for symbol in INSTRUMENTS)
    assert any(one.decimals == 8 for one in home)
    assert [one.ticker for one in home if not one.trading] == ["LUNCUSDT"]
    assert find("BTCUSD").exchange == "COINBASE"


def test_a_push_must_be_on_the_grid():
    assert on_grid("67123.45", INSTRUMENTS[BTC]) == 6712345
    for bad in ("67123.456", "abc", "NaN"):
        with pytest.raises(BadPrice):
            on_grid(bad, INSTRUMENTS[BTC])


def test_prices_are_printed_with_all_their_decimals():
    assert looks.price_text(6712345, 2, grouped=True) == "67,123.45"
    assert looks.price_text(1234, 8, grouped=True) == "0.00001234"
    assert looks.price_text(67101, 0, grouped=False) == "67101"


def test_a_trade_tells_the_change_since_the_last_close():
    quote = first_quote(INSTRUMENTS[BTC], 1, 5_000)
    fields = trade_fields(INSTRUMENTS[BTC], quote)
    assert fields["lp"] == Decimal("67123.45")
    assert fields["lp_time"] == 5
    assert fields["ch"] == Decimal(quote.last - quote.previous_close) / 100


@pytest.mark.parametrize(
    ("faults", "price"),
    [
        ({}, "10"),
        ({"zero": {}}, "0"),
        ({"negative": {}}, "-10"),
        ({"price_spike": {"factor": 10}}, "100"),
    ],
)
def test_faults_falsify_the_price(faults, price):
    assert distorted({"lp": Decimal(10)}, faults)["lp"] == Decimal(price)


def board():
    return FaultBoard(lambda: "abcd1234")


def test_every_fault_of_the_table_can_be_set_with_its_defaults():
    switchboard = board()
    for name in FAULTS:
        switchboard.set(name)
    lasting = {name for name, fault in FAULTS.items() if not fault.once}
    assert {entry["name"] for entry in switchboard.active()} == lasting
    switchboard.clear()
    assert switchboard.active() == []


def test_the_setting_of_a_symbol_wins_over_that_of_all():
    switchboard = board()
    switchboard.set("slow_fill", seconds=9)
    switchboard.set("slow_fill", BTC, seconds=1)
    assert switchboard.get("slow_fill", BTC) == {"seconds": 1}
    assert switchboard.of("BINANCE:ETHUSDT") == {"slow_fill": {"seconds": 9}}
    switchboard.clear("slow_fill", BTC)
    assert switchboard.of(BTC) == {"slow_fill": {"seconds": 9}}


def test_a_rotated_hash_is_drawn_once():
    switchboard = board()
    switchboard.set("hash_rotated", BTC)
    assert switchboard.get("hash_rotated", BTC) == {"hash": "abcd1234"}


def test_listeners_hear_of_setting_and_clearing_until_they_leave():
    switchboard, heard = board(), []
    forget = switchboard.listen(lambda event: heard.append((event.fault.name, event.active)))
    switchboard.set("drop_socket")
    switchboard.set("freeze", BTC)
    switchboard.clear()
    forget()
    switchboard.set("freeze")
    assert heard == [("drop_socket", True), ("freeze", True), ("freeze", False)]


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("nonsense", {}),
        ("freeze", {"seconds": 1}),
        ("slow_fill", {"seconds": "soon"}),
        ("slow_fill", {"seconds": -1}),
        ("generation", {"value": "G9"}),
        ("hash_rotated", {"hash": "<script>"}),
        ("wrong_symbol", {"other": "BINANCE:NOPE"}),
        ("not_found", {"reload": 1}),
    ],
)
def test_a_bad_fault_is_refused_with_a_hint(name, params):
    switchboard = board()
    with pytest.raises(BadFault) as caught:
        switchboard.set(name, **params)
    assert caught.value.hint
    assert switchboard.active() == []


def test_the_address_of_a_page_can_carry_look_switches():
    query = {
        "exchange": "BINANCE",
        "generation": "G2",
        "hash": "abcd1234",
        "dash": "1",
        "freeze": "1",
    }
    assert faults_from_query(query) == {
        "generation": {"value": "G2"},
        "hash_rotated": {"hash": "abcd1234"},
        "dash": {},
    }
    with pytest.raises(BadFault):
        faults_from_query({"slow_fill": "soon"})


@pytest.mark.parametrize("generation", looks.GENERATIONS)
def test_every_generation_keeps_what_holds(generation):
    look = Look(INSTRUMENTS[BTC], generation, {})
    html = header_html(look, lambda symbol: first_quote(INSTRUMENTS[symbol], 1, 0))
    assert "js-symbol-last" in html
    assert 'data-symbol="BINANCE:BTCUSDT"' in html
    assert "tv-data-mode--realtime" in html
    assert ("data-qa-id" in html) == (generation in ("G3", "G4", "G5"))
    assert ("67,123.45" in html or "67123.45" in html) == (generation != "G5")


def test_a_rotated_hash_changes_every_class_with_a_hash():
    params = complete(FAULTS["hash_rotated"], {"hash": "abcd1234"})
    look = Look(INSTRUMENTS[BTC], "G5", {"hash_rotated": params})
    html = header_html(look, lambda symbol: first_quote(INSTRUMENTS[symbol], 1, 0))
    assert "last-abcd1234" in html
    assert "KLji300y" not in html


def quote_protocol():
    def snapshot(symbol):
        if symbol not in INSTRUMENTS:
            return None
        return snapshot_fields(INSTRUMENTS[symbol], first_quote(INSTRUMENTS[symbol], 1, 0))

    return QuoteProtocol(snapshot)


def say(protocol, method, *params):
    answers = protocol.receive(json.dumps({"m": method, "p": list(params)}))
    return [json.loads(answer) for answer in answers]


def test_added_symbols_are_answered_in_full_and_completed():
    protocol = quote_protocol()
    say(protocol, "quote_create_session", "qs_1")
    say(protocol, "quote_set_fields", "qs_1", "lp", "pricescale")
    full, completed = say(protocol, "quote_add_symbols", "qs_1", BTC)
    assert full["p"][1] == {"n": BTC, "s": "ok", "v": {"lp": 67123.45, "pricescale": 100}}
    assert completed == {"m": "quote_completed", "p": ["qs_1", BTC]}


def test_an_answer_repeats_the_name_as_it_was_asked():
    protocol = quote_protocol()
    asked = '={"session":"regular","symbol":"BINANCE:BTCUSDT"}'
    say(protocol, "quote_create_session", "qs_1")
    assert say(protocol, "quote_add_symbols", "qs_1", asked)[0]["p"][1]["n"] == asked
    assert protocol.watched() == {BTC}
    assert canonical("={broken") == ""


def test_an_unknown_symbol_is_an_error_of_its_own():
    protocol = quote_protocol()
    say(protocol, "quote_create_session", "qs_1")
    answers = say(protocol, "quote_add_symbols", "qs_1", "BINANCE:NOPE", BTC)
    assert [a["p"][1]["s"] for a in answers if a["m"] == "qsd"] == ["error", "ok"]


def test_slow_symbols_wait_and_are_merged():
    protocol = quote_protocol()
    say(protocol, "quote_create_session", "qs_1")
    say(protocol, "quote_add_symbols", "qs_1", BTC, "BINANCE:ETHUSDT")
    say(protocol, "quote_fast_symbols", "qs_1", BTC)
    assert len(protocol.delta(BTC, Delta({"lp": Decimal(1)}))) == 1
    assert protocol.delta("BINANCE:ETHUSDT", Delta({"lp": Decimal(1), "bid": Decimal(1)})) == []
    assert protocol.delta("BINANCE:ETHUSDT", Delta({"lp": Decimal(2)})) == []
    [message] = protocol.flush_slow()
    assert json.loads(message)["p"][1]["v"] == {"lp": 2, "bid": 1}
    assert protocol.flush_slow() == []


def test_removed_symbols_and_deleted_sessions_are_silent():
    protocol = quote_protocol()
    say(protocol, "quote_create_session", "qs_1")
    say(protocol, "quote_add_symbols", "qs_1", BTC, "BINANCE:ETHUSDT")
    say(protocol, "quote_remove_symbols", "qs_1", BTC)
    assert protocol.watched() == {"BINANCE:ETHUSDT"}
    say(protocol, "quote_delete_session", "qs_1")
    assert protocol.delta("BINANCE:ETHUSDT", Delta({"lp": Decimal(1)})) == []


@pytest.mark.parametrize(
    "payload",
    ["no json", "[]", '{"p":[]}', '{"m":"nonsense","p":["qs_9"]}', '{"m":"quote_add_symbols"}'],
)
def test_what_is_no_message_ends_the_connection(payload):
    with pytest.raises(ProtocolError):
        quote_protocol().receive(payload)


@settings(deadline=None)
@given(st.sampled_from(sorted(INSTRUMENTS)), st.sampled_from([1.0, 20.0, 5000.0]))
def test_synthetic_prices_are_distinct_and_evenly_spaced(symbol, rate):
    prices = SyntheticPrices(first_quote(INSTRUMENTS[symbol], 1, 0), rate)
    texts = {prices.quote(n).last for n in range(prices.cycle)}
    assert len(texts) == prices.cycle
    assert prices.due(7) == pytest.approx(7 / rate)


def test_exchange_info_knows_fails_and_refuses():
    assert (
        directory.exchange_info({"symbol": "BTCUSDT"}, (), 1)[1]["symbols"][0]["status"]
        == "TRADING"
    )
    assert directory.exchange_info({"symbol": "NOPE"}, (), 1) == (
        400,
        {"code": -1121, "msg": "Invalid symbol."},
    )
    status, body = directory.exchange_info({"symbols": '["BTCUSDT","NOPE"]'}, (), 1)
    assert (status, body["code"]) == (400, -1121)
    assert directory.exchange_info({"symbol": ""}, (), 1)[1]["code"] == -1105
    assert directory.exchange_info({"symbols": "BTCUSDT"}, (), 1)[1]["code"] == -1100
    assert len(directory.exchange_info({}, (), 1)[1]["symbols"]) >= 60
    assert len(directory.exchange_info({"symbolStatus": "HALT"}, (), 1)[1]["symbols"]) == 1
    assert directory.exchange_info({"symbol": "BTCUSDT"}, (BTC,), 1)[0] == 400


@pytest.mark.parametrize(
    "wrong",
    [{"port": -1}, {"rate": 0}, {"market": "real"}, {"generation": "G7"}, {"period_scale": 0}],
)
def test_wrong_settings_are_refused_when_they_are_made(wrong):
    with pytest.raises(ConfigError):
        SimSettings(**wrong)
