from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cryptostream.sources.tradingview.numbers import (
    MAX_LENGTH,
    parse_changes,
    parse_number,
    parse_percent,
    parse_price,
)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("20652.90", "20652.90"),
        ("6,634.14", "6634.14"),
        ("111,654", "111654"),
        ("5,042.740", "5042.740"),
        ("0.00001234", "0.00001234"),
        ("  67,123.45\n", "67123.45"),
        ("\N{MINUS SIGN}0.034", "-0.034"),
        ("+24.86B", "24860000000"),
        ("904.465B", "904465000000"),
        ("19.327K", "19327"),
        ("3.77\N{NARROW NO-BREAK SPACE}T", "3770000000000"),
        ("29.18 T", "29180000000000"),
        ("\N{LEFT-TO-RIGHT EMBEDDING}12.5\N{POP DIRECTIONAL FORMATTING}", "12.5"),
        ("1,234,567.8", "1234567.8"),
        ("0", "0"),
    ],
)
def test_numbers_as_the_pages_print_them(text, number):
    assert parse_number(text) == Decimal(number)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\N{NO-BREAK SPACE}",
        "—",
        "\N{EN DASH}",
        "67,12",  # half of 67,123.45
        "67,123.",
        ".5",
        "1,2345",
        "12,34,567",
        ",123",
        "78760,10",
        "1.234.567",
        "0,123",  # a decimal comma: no group of thousands begins with a zero
        "00,123",
        "1e5",
        "0x10",
        "NaN",
        "Infinity",
        "12 USDT",
        "148.5x6",
        "--5",
        "5-",
        "K",
        "1.5KK",
        "(2.11%)",
        "\N{ARABIC-INDIC DIGIT ONE}\N{ARABIC-INDIC DIGIT TWO}",
        "1_000",
        "1" * (MAX_LENGTH + 1),
    ],
)
def test_anything_else_is_no_value_never_a_guess(text):
    assert parse_number(text) is None


def test_the_scale_of_the_text_is_kept():
    assert str(parse_number("5,042.740")) == "5042.740"


@settings(deadline=None)
@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12
    )
)
def test_what_is_printed_with_groups_is_read_exactly(number):
    printed = f"{number:,.4f}".replace("-", "\N{MINUS SIGN}")
    assert parse_number(printed) == number


@example("1" * 38, "K")
@settings(deadline=None)
@given(st.from_regex(r"[1-9][0-9]{0,37}", fullmatch=True), st.sampled_from("KMBT"))
def test_a_unit_is_multiplied_out_without_rounding(digits, unit):
    zeros = {"K": 3, "M": 6, "B": 9, "T": 12}[unit]
    assert parse_number(digits + unit) == Decimal(digits + "0" * zeros)


@settings(deadline=None)
@given(st.text())
def test_any_text_is_a_finite_number_or_no_value(text):
    number = parse_number(text)
    assert number is None or number.is_finite()


@settings(deadline=None)
@given(st.text(alphabet="0123456789.,+-KMBT \N{MINUS SIGN}\N{NO-BREAK SPACE}"))
def test_any_text_of_digits_and_marks_is_its_own_digits_or_no_value(text):
    number = parse_number(text)
    if number is not None:
        shown = "".join(c for c in text if c.isdigit()).lstrip("0")
        assert "".join(map(str, number.as_tuple().digits)).lstrip("0").startswith(shown)


@pytest.mark.parametrize("text", ["0", "0.00", "-5", "\N{MINUS SIGN}1"])
def test_zero_and_negative_numbers_are_no_price(text):
    assert parse_number(text) is not None
    assert parse_price(text) is None


@pytest.mark.parametrize(
    ("text", "percent"),
    [
        ("+0.79%", "0.79"),
        ("(2.11%)", "2.11"),
        ("\N{MINUS SIGN}0.79 %", "-0.79"),
        ("0.79", None),
        ("%", None),
        ("", None),
    ],
)
def test_a_percentage_is_known_by_its_sign(text, percent):
    assert parse_percent(text) == (None if percent is None else Decimal(percent))


@pytest.mark.parametrize(
    ("texts", "change", "percent"),
    [
        (["+0.034", "+0.79%"], "0.034", "0.79"),
        (["+0.79%", "+0.034"], "0.034", "0.79"),
        (["3.07", "(2.11%)"], "3.07", "2.11"),
        (["—", "—"], None, None),
        ([], None, None),
    ],
)
def test_change_and_percentage_are_told_apart_in_any_order(texts, change, percent):
    expected = tuple(None if text is None else Decimal(text) for text in (change, percent))
    assert parse_changes(texts) == expected


@settings(deadline=None)
@given(st.lists(st.text()))
def test_any_texts_give_changes_or_nothing(texts):
    for number in parse_changes(texts):
        assert number is None or number.is_finite()
