"""Shares the tests out between the workers, and makes the demonstration hospital that they copy.

With MAMORITE_TESTS=whole, as `make test` sets it, a test that leaves itself out for want of what `make setup` installs fails.
"""

import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "Process"))

from program import demo, run_json  # noqa: E402


# What setup cannot give: a machine that lets nobody mount, a folder for temporary files that lies elsewhere.
OF_THE_MACHINE = ("this machine", "the folder for temporary files")

# What takes longest, and what mostly waits, goes first, so that no worker is left alone with it at the end.
FIRST = [
    "test_pages", "test_monitoring", "test_backup", "test_faults", "test_access", "test_kill", "test_entrance",
    "test_calls", "test_commands", "test_paging"]


def pytest_collection_modifyitems(items):
    """Each file, and each language of the pages, stays with one worker."""
    for item in items:
        language = item.callspec.params.get("language") if hasattr(item, "callspec") else None
        item.add_marker(pytest.mark.xdist_group("-".join(filter(None, [item.path.stem, language]))))
    items.sort(key=lambda item: FIRST.index(item.path.stem) if item.path.stem in FIRST else len(FIRST))


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """The demonstration hospital. Nobody writes here: tests copy it."""
    data = tmp_path_factory.mktemp("demo") / "data"
    demo(data)
    return data


@pytest.fixture(scope="session")
def facility(made):
    """Its number, which is the same in every copy."""
    return run_json("facility", "list", "--data", made)[0]["id"]


def is_rightful(reason):
    """Whether a test may be left out in a whole run: not for want of a program."""
    return any(words in reason for words in OF_THE_MACHINE) or ("root" in reason and os.geteuid() != 0)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if os.environ.get("MAMORITE_TESTS") != "whole" or not report.skipped or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if not is_rightful(reason):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} left itself out ({reason}): make setup installs what it wants"
