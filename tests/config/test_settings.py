from pathlib import Path

import pytest

from cryptostream.config import Config
from cryptostream.config.settings import choose_runtime_dir
from cryptostream.errors import ConfigError


def test_the_runtime_directory_is_the_users_own():
    assert choose_runtime_dir({"XDG_RUNTIME_DIR": "/run/user/7"}, 7, "/tmp") == Path(  # noqa: S108
        "/run/user/7/cryptostream"
    )


@pytest.mark.parametrize("environ", [{}, {"XDG_RUNTIME_DIR": ""}, {"XDG_RUNTIME_DIR": "here"}])
def test_without_one_each_user_has_a_temporary_directory(environ):
    assert choose_runtime_dir(environ, 7, "/temp") == Path("/temp/cryptostream-7")


def test_sockets_between_processes_carry_the_name_of_the_instance():
    config = Config(instance="two", runtime_dir="/run/cs")
    assert config.socket_path("tape") == Path("/run/cs/two-tape")


def test_a_relative_runtime_directory_means_the_same_in_every_process():
    assert Config(runtime_dir="here").runtime_path() == Path.cwd() / "here"


def test_a_socket_path_that_no_system_takes_is_refused_with_the_remedy():
    config = Config(runtime_dir="/" + "x" * 100)
    with pytest.raises(ConfigError, match="longer than 103 bytes") as caught:
        config.socket_path("tape")
    assert "runtime_dir" in caught.value.hint
