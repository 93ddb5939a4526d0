from cryptostream.config.schema import sections, settings


def test_every_section_and_setting_has_its_path():
    assert [section.path for section in sections()] == [
        "",
        "router",
        "reconciler",
        "browsers",
        "sources",
        "sources.tradingview",
        "sources.binance",
        "sources.coingecko",
        "sources.ccxt",
        "directory",
        "gateway",
        "sim",
        "supervision",
        "logs",
    ]
    assert settings()["sources.tradingview.stability_ms"].default == 100


def test_it_knows_which_settings_are_text():
    assert settings()["logs.level"].is_text
    assert settings()["browsers.path"].is_text
    assert not settings()["browsers.extra_args"].is_text
    assert not settings()["router.lease"].is_text
