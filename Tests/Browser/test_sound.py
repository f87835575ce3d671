"""お知らせの音: はじめは鳴らず、自分で鳴らすと決めたブラウザだけが、新しい呼び出しで鳴る。"""

from playwright.sync_api import expect
from test_pages import check

COUNTING = """
  window.notes = 0;
  const note = () => ({ frequency: {}, connect: (next) => next, start: () => { window.notes += 1; }, stop: () => {} });
  const level = () => ({ gain: { setValueAtTime() {}, exponentialRampToValueAtTime() {} }, connect: (next) => next });
  window.AudioContext = class { state = "running"; currentTime = 0; createOscillator() { return note(); } createGain() { return level(); } };
"""
LOOK = "() => document.dispatchEvent(new Event('visibilitychange'))"


def item(call):
    mark = f' data-call="{call}"' if call else ""
    return f'<li class="duty"{mark}><p class="when">いま</p><div class="what"><a href="/alerts/x">届いたもの {call}</a></div></li>'


def answers(page, items):
    """From now on the inbox has these besides what stands in it."""

    def fulfil(route):
        answer = route.fetch()
        inside = "".join(items)
        body = answer.text().replace("<div data-messages>", f'<div data-messages><ol class="duties" role="list">{inside}</ol>', 1)
        route.fulfill(response=answer, body=body)

    page.route("**/inbox", fulfil)


def sounded(page, notes):
    for _ in range(50):
        if page.evaluate("() => window.notes") == notes:
            return
        page.wait_for_timeout(100)
    assert page.evaluate("() => window.notes") == notes


def test_off_until_switched_on(page):
    """はじめは鳴らず、見にも行かない。鳴らすと決めると、新しい呼び出しで一度だけ鳴り、一覧に出る。"""
    page.add_init_script(COUNTING)
    page.goto("/inbox")
    switch = page.get_by_label("新しい呼び出しを音で知らせる")
    expect(switch).not_to_be_checked()
    check(page)
    items = [item("alert:1 2")]
    answers(page, items)
    page.evaluate(LOOK)
    page.wait_for_timeout(300)
    expect(page.locator("main")).not_to_contain_text("届いたもの")
    switch.check()
    expect(page.locator("[data-sound]")).to_contain_text("20秒ごとに")
    page.evaluate(LOOK)
    expect(page.locator("main")).to_contain_text("届いたもの alert:1 2")
    sounded(page, 6)
    # The same again, and something that is no call, are silent.
    items.append(item(""))
    page.evaluate(LOOK)
    expect(page.locator("[data-messages] li.duty")).not_to_have_count(1)
    assert page.evaluate("() => window.notes") == 6
    items.append(item("alert:2 2"))
    page.evaluate(LOOK)
    sounded(page, 12)
    # What was chosen is kept, by person.
    page.unroute("**/inbox")
    page.reload()
    expect(switch).to_be_checked()
    switch.uncheck()
    page.reload()
    expect(switch).not_to_be_checked()


def test_browsers_permission(page):
    """ブラウザが音を止めている間はそう言い、一度押すと鳴らせる。つながらないときもそう言う。"""
    page.goto("/inbox")
    page.get_by_label("新しい呼び出しを音で知らせる").check()
    page.reload()
    expect(page.locator("[data-sound]")).to_contain_text("ブラウザが音を止めています")
    page.get_by_role("heading", level=1).click()
    expect(page.locator("[data-sound]")).to_contain_text("20秒ごとに")
    page.route("**/inbox", lambda route: route.abort())
    page.evaluate(LOOK)
    expect(page.locator("[data-sound]")).to_contain_text("サーバにつながりません")


def test_without_script(visit):
    """スクリプトがなくても、お知らせはこれまでどおり読め、音の欄は出ない。"""
    page = visit(java_script_enabled=False)
    page.goto("/inbox")
    expect(page.get_by_role("heading", level=1)).to_have_text("お知らせ")
    expect(page.locator("[data-sound]")).to_be_hidden()
