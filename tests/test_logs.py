import io
import json
import logging

import pytest
from loguru import logger

from cryptostream.errors import StartError
from cryptostream.logs import InterceptHandler, configure


@pytest.fixture(autouse=True)
def put_logging_back():
    root = logging.getLogger()
    level = root.level
    yield
    root.handlers = [each for each in root.handlers if not isinstance(each, InterceptHandler)]
    root.setLevel(level)
    logger.remove()
    logger.configure(extra={})


def test_a_json_line_carries_what_programs_look_for():
    out = io.StringIO()
    configure("INFO", "json", out, process="router")
    logger.bind(event="page_failed", symbol="BINANCE:BTCUSDT").warning("{} <b>100%</b> {x")
    line = json.loads(out.getvalue())
    assert line.pop("ts").endswith("Z")
    assert line.pop("pid") > 0
    assert line == {
        "level": "WARNING",
        "event": "page_failed",
        "message": "{} <b>100%</b> {x",
        "process": "router",
        "symbol": "BINANCE:BTCUSDT",
    }


def test_every_record_is_one_line_whatever_it_says():
    out = io.StringIO()
    configure("INFO", "text", out, process="router")
    logger.bind(text="c\nd").info("a\nb {braces} <red>")
    (line,) = out.getvalue().splitlines()
    assert line.endswith("INFO     router: a\\nb {braces} <red> text=c\\nd")


def test_a_bound_field_cannot_stand_in_for_the_level():
    out = io.StringIO()
    configure("INFO", "json", out)
    logger.bind(level="page says so").info("x")
    line = json.loads(out.getvalue())
    assert (line["level"], line["level_"]) == ("INFO", "page says so")


@pytest.mark.parametrize("style", ["text", "json"])
def test_an_exception_is_written_with_its_traceback(style):
    out = io.StringIO()
    configure("INFO", style, out)
    try:
        1 / 0  # noqa: B018
    except ZeroDivisionError:
        logger.exception("it failed")
    text = out.getvalue() if style == "text" else json.loads(out.getvalue())["error"]
    assert "it failed" in out.getvalue()
    assert "Traceback" in text
    assert "ZeroDivisionError: division by zero" in text


def test_what_is_less_severe_than_the_level_is_not_written():
    out = io.StringIO()
    configure("WARNING", "text", out)
    logger.info("quiet")
    logging.getLogger("asyncio").info("quiet too")
    assert out.getvalue() == ""


def test_libraries_that_use_the_standard_library_end_up_in_the_same_place():
    out = io.StringIO()
    configure("INFO", "json", out)
    logging.getLogger("asyncio").warning("slow {} %s", "callback")
    line = json.loads(out.getvalue())
    assert (line["level"], line["event"]) == ("WARNING", "asyncio")
    assert line["message"] == "slow {} callback"


def test_a_level_of_a_library_that_we_do_not_know_keeps_its_number():
    out = io.StringIO()
    configure("INFO", "json", out)
    logging.getLogger("other").log(35, "between warning and error")
    assert json.loads(out.getvalue())["message"] == "between warning and error"


def test_requests_are_not_logged_one_by_one():
    out = io.StringIO()
    configure("INFO", "text", out)
    logging.getLogger("aiohttp.access").info("GET /")
    assert out.getvalue() == ""


def test_configuring_again_replaces_what_was_there():
    first, second = io.StringIO(), io.StringIO()
    configure("INFO", "text", first)
    configure("INFO", "text", second)
    logger.info("once")
    logging.getLogger("other").info("once too")
    assert first.getvalue() == ""
    assert len(second.getvalue().splitlines()) == 2


def test_a_file_is_appended_to(tmp_path):
    file = tmp_path / "daemon.txt"
    file.write_text("before\n", encoding="utf-8")
    configure("INFO", "text", file)
    logger.info("after")
    assert file.read_text(encoding="utf-8").startswith("before\n")
    assert "after" in file.read_text(encoding="utf-8")


def test_without_a_sink_it_is_standard_error(capsys):
    configure("INFO", "text")
    logger.info("hello")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "hello" in captured.err


def test_a_file_that_cannot_be_written_stops_the_start_with_the_remedy(tmp_path):
    with pytest.raises(StartError, match="cannot write the log file") as caught:
        configure("INFO", "text", tmp_path / "gone" / "daemon.txt")
    assert "logs.file" in caught.value.hint
