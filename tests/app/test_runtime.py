"""The runtime directory: private, and one daemon an instance."""

import pytest

from cryptostream.app.runtime import RuntimeDir
from cryptostream.config.settings import Config
from cryptostream.errors import StartError


def config(place, instance="one"):
    return Config(runtime_dir=str(place), instance=instance)


def test_the_directory_is_made_for_the_user_alone(tmp_path):
    place = RuntimeDir(config(tmp_path / "deep" / "run"))
    place.take()

    assert (tmp_path / "deep" / "run").stat().st_mode & 0o777 == 0o700
    place.release()


def test_an_instance_can_be_taken_once_until_it_is_released(tmp_path):
    first, second = RuntimeDir(config(tmp_path)), RuntimeDir(config(tmp_path))
    first.take()

    with pytest.raises(StartError, match="running already"):
        second.take()

    first.release()
    second.take()
    second.release()
    second.release()


def test_two_instances_live_side_by_side(tmp_path):
    first, second = RuntimeDir(config(tmp_path)), RuntimeDir(config(tmp_path, "two"))
    first.take()
    second.take()
    first.release()
    second.release()


def test_a_directory_that_others_may_write_is_refused(tmp_path):
    tmp_path.chmod(0o777)

    with pytest.raises(StartError, match="others"):
        RuntimeDir(config(tmp_path)).take()


def test_a_place_that_cannot_be_made_is_refused_with_the_remedy(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(StartError) as refusal:
        RuntimeDir(config(tmp_path / "file" / "run")).take()

    assert "runtime_dir" in refusal.value.hint
