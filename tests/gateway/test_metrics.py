"""The text that Prometheus reads."""

from cryptostream.gateway.metrics import GATEWAY, Page, age, by_label


def test_a_page_has_a_help_a_type_and_samples_in_order():
    page = Page(GATEWAY)
    page.one("tickers", "gauge", "tickers", 3)
    page.add("closed_total", "counter", "closed", by_label("code", {"slow": 2, 'a"\\\n': 0.5}))

    assert page.text() == (
        "# HELP cryptostream_gateway_tickers tickers\n"
        "# TYPE cryptostream_gateway_tickers gauge\n"
        "cryptostream_gateway_tickers 3\n"
        "# HELP cryptostream_gateway_closed_total closed\n"
        "# TYPE cryptostream_gateway_closed_total counter\n"
        'cryptostream_gateway_closed_total{code="a\\"\\\\\\n"} 0.5\n'
        'cryptostream_gateway_closed_total{code="slow"} 2\n'
    )


def test_an_age_is_in_seconds_and_never_below_zero():
    assert age(1_000_000_000, 3_500_000_000) == 2.5
    assert age(9, 1) == 0
