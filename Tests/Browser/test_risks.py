"""リスクの台帳と予算の要求を、画面から。"""

from playwright.sync_api import expect


def test_a_risk_is_written_treated_and_planned(page, hospital):
    """リスクを書き、対策を付け、費用を年度の予算に求める。"""
    page.goto("/risks/new")
    page.locator("#title").fill("画面から書いたリスク")
    for field, value in [("confidentiality", "3"), ("integrity", "1"), ("availability", "1"), ("threat-level", "3"),
                         ("weakness-current", "2")]:
        page.locator(f"#{field}").select_option(value)
    page.locator("[name=treatment][value=reduce]").check()
    page.get_by_role("button", name="保存する", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("わけを書いてください")
    expect(page.locator("#title")).to_have_value("画面から書いたリスク")
    page.locator("#reason").fill("装置を入れ替える")
    page.get_by_role("button", name="保存する", exact=True).click()
    expect(page.locator("main table").first).to_contain_text("大 (6)")
    expect(page.locator("main table").first).to_contain_text("3 × 2 = 6。")
    page.get_by_role("link", name="対策を付ける").click()
    page.locator("#q").fill("VPN装置を入れ替え")
    page.get_by_role("button", name="さがす").click()
    page.locator("main td form button").first.click()
    expect(page.get_by_role("link", name="VPN装置を入れ替え、二要素認証にする")).to_be_visible()
    page.goto("/plans")
    page.locator("main th[scope=row] a").nth(1).click()
    row = page.locator("tr", has_text="VPN装置を入れ替え、二要素認証にする")
    expect(row).to_contain_text("画面から書いたリスク")
    expect(row).to_contain_text("2,400,000円")
    expect(page.get_by_role("link", name="要求書(PDF)")).to_be_visible()


def test_an_acceptance_needs_somebody(page, hospital):
    """受容は期限がなければ断り、決めた人はほかに承認できる人がいる間は承認できない。"""
    page.goto("/risks/new")
    page.locator("#title").fill("受け入れるリスク")
    page.locator("[name=treatment][value=accept]").check()
    page.locator("#reason").fill("次の入替えまで")
    page.get_by_role("button", name="保存する", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("いつまでかを決めてください")
    page.locator("#expires").fill("2099-03-31")
    page.get_by_role("button", name="保存する", exact=True).click()
    expect(page.get_by_role("heading", name="受容の承認")).to_be_visible()
    page.goto("/risks?show=waiting")
    expect(page.locator("main table")).to_contain_text("受け入れるリスク")


def test_a_roll_out_is_planned(page, hospital):
    """二要素認証の導入を三つの段階で始め、システムを加えると、日程の図に出る。"""
    page.goto("/rollout/lines/new")
    page.locator("#system").select_option(index=1)
    page.locator("#group").fill("窓口")
    page.get_by_role("button", name="保存する", exact=True).click()
    expect(page.locator("main svg")).to_contain_text("窓口")
    page.get_by_role("link", name="段階を直す").click()
    page.locator("#name-1").fill("放射線科から")
    page.get_by_role("button", name="保存する", exact=True).click()
    expect(page.locator("main svg")).to_contain_text("放射線科から")
