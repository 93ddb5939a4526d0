"""Every setting is explained, in the description and in the sample file."""

from pathlib import Path

import pytest

from cryptostream.config.schema import sections, settings

LINES = (Path(__file__).parents[2] / "config.toml").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("setting", settings().values(), ids=lambda setting: setting.path)
def test_a_setting_has_one_line_of_explanation_and_stands_in_the_sample(setting):
    assert setting.description
    assert "\n" not in setting.description
    explained = LINES.index(f"# {setting.description}")
    assert LINES[explained + 1].startswith(f"{setting.path.rpartition('.')[2]} = ")


def test_no_two_settings_share_an_explanation():
    texts = [setting.description for setting in settings().values()]
    assert len(texts) == len(set(texts))


@pytest.mark.parametrize("section", sections(), ids=lambda section: section.path or "top")
def test_a_section_says_what_it_is_about(section):
    assert section.description.endswith(".")
    assert f"# {section.description}" in LINES
