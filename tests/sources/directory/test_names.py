from __future__ import annotations

from cryptostream.sources.directory.names import name_of


def test_a_well_known_asset_has_its_full_name():
    assert name_of("BTC") == "Bitcoin"
    assert name_of("NOSUCH") == ""
