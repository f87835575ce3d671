"""A copy of the demonstration hospital for each test."""

import pathlib
import shutil

import pytest
from peers import Authority


@pytest.fixture
def data(made, tmp_path):
    """A directory of the test's own with the demonstration hospital in it."""
    return pathlib.Path(shutil.copytree(made, tmp_path / "data"))


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    """A certification authority for the servers of the tests of checks."""
    return Authority(tmp_path_factory.mktemp("ca"), "Minato Hospital CA")
