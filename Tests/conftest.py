"""Shares the tests out between two workers: each file, and each language of the pages, stays with one.

With MAMORITE_TESTS=whole, as `make test` sets it, a test that leaves itself out for want of what `make setup` installs fails.
"""

import os

import pytest

# What setup cannot give: a machine that lets nobody mount, a folder for temporary files that lies elsewhere.
OF_THE_MACHINE = ("this machine", "the folder for temporary files")


def pytest_collection_modifyitems(items):
    for item in items:
        language = item.callspec.params.get("language") if hasattr(item, "callspec") else None
        item.add_marker(pytest.mark.xdist_group("-".join(filter(None, [item.path.stem, language]))))


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
