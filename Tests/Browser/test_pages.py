"""すべての画面が守ること: 読み上げ、色の対比、幅、主なボタンは一つ、同じ番号なし。"""

import pathlib

import axe_playwright_python
import pytest
from pages import OPEN_PAGES, PAGES, SETUP_PAGES
from program import Server, Visitor

AXE = (pathlib.Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
# What changes with colours and width alone.
LOOKS = {"type": "rule", "values": ["color-contrast", "link-in-text-block", "target-size", "scrollable-region-focusable"]}
LANGUAGES = ["ja", "en"]
# Colours do not change with the language: both together look at each width in each scheme, and each at one of them with all rules.
VIEWS = {"ja": [(1280, "light", RULES), (390, "dark", LOOKS)], "en": [(390, "light", RULES), (1280, "dark", LOOKS)]}


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("empty") / "data") as server:
        yield server


def axe_faults(page, rules=RULES):
    """What axe finds, one line each."""
    # Asked by itself: axe is half a megabyte to send, and larger still as an answer.
    if not page.evaluate("'axe' in window"):
        page.evaluate(f"(() => {{ {AXE}; }})()")
    found = page.evaluate(
        # Without preload axe does not fetch the style sheet again for each run.
        "rules => axe.run(document, { runOnly: rules, resultTypes: ['violations'], preload: false })", rules)
    return [
        f"{each['id']}: {node['target']} {node['failureSummary']}" for each in found["violations"] for node in each["nodes"]]


def markup_faults(page):
    faults = page.evaluate(
        """() => {
          const faults = [], ids = [...document.querySelectorAll("[id]")].map((each) => each.id);
          for (const id of new Set(ids.filter((id, place) => ids.indexOf(id) !== place))) faults.push(`id ${id} twice`);
          const main = [...document.querySelectorAll("[data-kind=primary]")].filter((each) => each.checkVisibility?.() ?? each.offsetParent);
          if (main.length > 1) faults.push(`${main.length} primary actions`);
          if (document.querySelectorAll("h1").length !== 1) faults.push(`${document.querySelectorAll("h1").length} h1`);
          if (/HTML\\(text:|<\\/?(p|ul|li|a|span|td|time)\\b|Optional\\(/.test(document.body.innerText)) faults.push("markup shown as text");
          for (const each of document.querySelectorAll("label[for], [aria-describedby], [aria-labelledby]"))
            for (const id of (each.htmlFor || each.getAttribute("aria-describedby") || each.getAttribute("aria-labelledby")).split(" "))
              if (!document.getElementById(id)) faults.push(`no element ${id}`);
          return faults; }""")
    if page.evaluate("document.querySelectorAll('[style], style, [onclick], script:not([src])').length"):
        faults.append("inline style or script")
    return faults


def width_fault(page, width):
    """The widest element that makes the page scroll sideways, or nothing."""
    page.set_viewport_size({"width": width, "height": 844})
    return page.evaluate(
        """() => { const root = document.documentElement;
          if (root.scrollWidth <= root.clientWidth) return "";
          const wide = [...document.querySelectorAll("main *, header *, nav *, footer *")]
            .filter((each) => each.getBoundingClientRect().right > root.clientWidth + 1 && !each.closest(".scroll"));
          return `${root.scrollWidth} px: ${wide.slice(0, 3).map((each) => each.outerHTML.slice(0, 90)).join(" | ")}`; }""")


def check(page, language="ja"):
    faults = [f"markup: {each}" for each in markup_faults(page)]
    for width, scheme, rules in VIEWS[language]:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        faults += [f"{width} {scheme} {each}" for each in axe_faults(page, rules)]
    page.emulate_media(color_scheme="light")
    # 640 is 1280 at 200 %; 320 is 1280 at 400 % (WCAG 1.4.10).
    for width in (640, 390, 320):
        if fault := width_fault(page, width):
            faults.append(f"{width} wide: {fault}")
    assert faults == [], "\n".join(faults)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
def test_page(again, hospital, name, language):
    """サインインした人の画面。"""
    page = again(language, hospital.url, hospital.cookie)
    PAGES[name](page, hospital)
    check(page, language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", OPEN_PAGES)
def test_open_page(again, hospital, name, language):
    """サインインしていない人の画面。"""
    page = again(language, hospital.url)
    OPEN_PAGES[name](page, hospital)
    check(page, language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", SETUP_PAGES)
def test_setup_page(again, empty, name, language):
    """はじめの設定の画面。"""
    page = again(language, empty.url)
    SETUP_PAGES[name](page, None)
    check(page, language)


def test_other_roles_see_their_pages(visit, hospital):
    """見るだけの役割の人にも、画面は開き、直す所はない。"""
    cookie = Visitor(hospital.url).sign_in("yamamoto", "minato-director-2026").cookie
    page = visit(cookie=cookie)
    for path in ("/", hospital.item("2-10"), hospital.report):
        page.goto(path)
        assert markup_faults(page) + axe_faults(page) == []
        assert page.locator("form[data-autosave]").count() == 0
