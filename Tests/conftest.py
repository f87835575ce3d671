"""Shares the tests out between two workers: each file, and each language of the pages, stays with one."""

import pytest


def pytest_collection_modifyitems(items):
    for item in items:
        language = item.callspec.params.get("language") if hasattr(item, "callspec") else None
        item.add_marker(pytest.mark.xdist_group("-".join(filter(None, [item.path.stem, language]))))
