"""What ``cryptostream.client`` offers is loaded when it is asked for."""

import subprocess
import sys

import pytest

import cryptostream.client


@pytest.mark.parametrize("name", cryptostream.client.__all__)
def test_a_name_that_is_offered_is_there(name):
    assert getattr(cryptostream.client, name).__name__ == name


def test_a_name_that_is_not_offered_is_missing():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = cryptostream.client.nothing


def test_a_record_needs_no_event_loop_and_no_sockets():
    program = "import sys; from cryptostream.client import Tick; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert {b"asyncio", b"zmq"} & set(done.stdout.split()) == set()
