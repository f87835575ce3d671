"""Chromium, a demonstration hospital of its own, and what every visited page must keep to."""

import os
import shutil

import pytest
from hospital import Hospital
from playwright.sync_api import sync_playwright
from program import Server, Visitor, run_json

# Chromium without a window of its own: opening one takes half a second of CPU, here a tenth.
SHELL = "/usr/bin/chromium-headless-shell"
CHROMIUM = os.environ.get("MAMORITE_CHROMIUM") or (SHELL if os.path.exists(SHELL) else "/usr/bin/chromium")


@pytest.fixture(scope="session")
def checklists(made, facility):
    return run_json("assess", "list", "--data", made, "--facility", facility)


@pytest.fixture(scope="module")
def hospital(made, checklists, tmp_path_factory):
    """A hospital for each file of tests, so that what one file writes never shows in another."""
    data = shutil.copytree(made, tmp_path_factory.mktemp("hospital") / "data")
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


def opened(chromium, url, language, width=1280, height=900, **options):
    """A browser window of its own, with nothing kept from another."""
    context = chromium.new_context(
        base_url=url, viewport={"width": width, "height": height}, locale="ja-JP" if language == "ja" else "en-GB",
        timezone_id="Asia/Tokyo", **options)
    context.set_default_timeout(8000)
    return context


def arrive(context, url, language, cookie):
    cookies = [("language", language)] + ([tuple(cookie.split("=", 1))] if cookie else [])
    context.add_cookies([{"name": name, "value": value, "url": url} for name, value in cookies])


def hear(page, complaints):
    """Notes what the page complains of on its console."""

    def heard(message):
        # Chromium also notes every answer of 400 and above, and every request while offline.
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            complaints.append(message.text)

    page.on("console", heard)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return page


@pytest.fixture
def visit(chromium, hospital):
    """Makes pages, signed in unless `cookie` is None; no page may complain on its console."""
    contexts, complaints = [], []

    def make(cookie=hospital.cookie, url=hospital.url, language="ja", **options):
        context = opened(chromium, url, language, **options)
        contexts.append(context)
        arrive(context, url, language, cookie)
        return hear(context.new_page(), complaints)

    yield make
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture(scope="module")
def windows():
    """The pages that stay open from test to test, by language and address."""
    kept = {}
    yield kept
    for page, _ in kept.values():
        page.context.close()


@pytest.fixture
def again(chromium, windows):
    """A page as `visit` makes it, but in a window that stays open: to open one costs more than to look at a page."""
    used = []

    def make(language, url, cookie=None):
        if (language, url) not in windows:
            complaints = []
            windows[language, url] = (hear(opened(chromium, url, language).new_page(), complaints), complaints)
        page, complaints = windows[language, url]
        # Nothing of the test before: what it routed, typed and kept in the browser.
        page.unroute_all()
        page.context.clear_cookies()
        page.set_viewport_size({"width": 1280, "height": 900})
        arrive(page.context, url, language, cookie)
        used.append(windows[language, url])
        return page

    yield make
    for page, complaints in used:
        page.evaluate("localStorage.clear(), sessionStorage.clear()")
        heard = complaints[:]
        complaints.clear()
        assert heard == []


@pytest.fixture
def page(visit):
    return visit()
