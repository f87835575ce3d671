"""A demonstration hospital, made once and copied for each test."""

import pathlib
import shutil
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from peers import Authority  # noqa: E402
from program import demo, run_json  # noqa: E402


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    data = tmp_path_factory.mktemp("demo") / "data"
    demo(data)
    return data


@pytest.fixture
def data(made, tmp_path):
    """A directory of the test's own with the demonstration hospital in it."""
    return pathlib.Path(shutil.copytree(made, tmp_path / "data"))


@pytest.fixture
def facility(data):
    return run_json("facility", "list", "--data", data)[0]["id"]


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    """A certification authority for the servers of the tests of checks."""
    return Authority(tmp_path_factory.mktemp("ca"), "Minato Hospital CA")
