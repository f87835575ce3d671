"""Chromium, a demonstration hospital of its own, and what every visited page must keep to."""

import os
import pathlib
import sys

import pytest
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Process"))

from hospital import Hospital  # noqa: E402
from program import Server, Visitor, demo, run_json  # noqa: E402

CHROMIUM = os.environ.get("MAMORITE_CHROMIUM", "/usr/bin/chromium")


@pytest.fixture(scope="module")
def hospital(tmp_path_factory):
    """A hospital for each file of tests, so that what one file writes never shows in another."""
    data = tmp_path_factory.mktemp("hospital") / "data"
    demo(data)
    facility = run_json("facility", "list", "--data", data)[0]["id"]
    checklists = run_json("assess", "list", "--data", data, "--facility", facility)
    with Server(data) as server:
        yield Hospital(server, checklists, Visitor(server.url).sign_in().cookie)


@pytest.fixture
def fresh(tmp_path):
    """A served installation without anything in it."""
    with Server(tmp_path / "data") as server:
        yield server


@pytest.fixture(scope="session")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium, hospital):
    """Makes pages, signed in unless `cookie` is None; no page may complain on its console."""
    contexts, complaints = [], []

    def heard(message):
        # Chromium also notes every answer of 400 and above, and every request while offline.
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            complaints.append(message.text)

    def make(cookie=hospital.cookie, url=hospital.url, language="ja", width=1280, height=900, **options):
        context = chromium.new_context(
            base_url=url, viewport={"width": width, "height": height}, locale="ja-JP" if language == "ja" else "en-GB",
            timezone_id="Asia/Tokyo", **options)
        cookies = [("language", language)] + ([tuple(cookie.split("=", 1))] if cookie else [])
        context.add_cookies([{"name": name, "value": value, "url": url} for name, value in cookies])
        context.set_default_timeout(8000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", heard)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield make
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def page(visit):
    return visit()
