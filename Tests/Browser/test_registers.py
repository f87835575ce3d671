"""台帳を、院内の人が使う通りに。"""

from pages import register_bulk_preview, register_import_preview


def find(page, words):
    page.goto("/registers/devices")
    page.locator("#q").fill(words)
    page.get_by_role("button", name="さがす").click()


def test_add_find_change_and_take_out(page):
    """加えた機器が、かなの違いを越えて見つかり、直した跡が残り、外すと一覧から消える。"""
    page.goto("/registers/devices/new")
    page.get_by_label("管理番号").fill("TST-1")
    page.get_by_label("機器名").fill("ﾅｰｽｺｰﾙ親機")
    page.get_by_label("システム").fill("電子カルテ")
    page.get_by_label("更新の担当").select_option("undecided")
    page.get_by_role("button", name="保存する").click()
    assert page.locator("h1").inner_text().startswith("ﾅｰｽｺｰﾙ親機")
    assert "更新の担当が未定" in page.locator("main").inner_text()

    find(page, "なーすこーる")
    page.get_by_role("link", name="ﾅｰｽｺｰﾙ親機").click()
    page.get_by_role("link", name="内容を直す").click()
    page.get_by_label("更新の担当").select_option("own")
    page.get_by_role("button", name="保存する").click()
    assert "更新の担当: 決まっていない → 当院" in page.locator(".history").inner_text()

    page.get_by_role("link", name="台帳から外す").click()
    page.get_by_role("button", name="台帳から外す").click()
    find(page, "TST-1")
    assert "ありません" in page.locator(".empty").inner_text()


def test_refusals_keep_what_was_typed(page):
    """ない事業者の名前は欄のそばで断り、ほかの欄はそのまま残る。"""
    page.goto("/registers/devices/new")
    page.get_by_label("管理番号").fill("TST-2")
    page.get_by_label("機器名").fill("残る名前")
    page.get_by_label("事業者", exact=True).fill("どこにもない会社")
    page.get_by_role("button", name="保存する").click()
    assert "台帳にありません" in page.locator("#vendor-error").inner_text()
    assert page.get_by_label("機器名").input_value() == "残る名前"


def test_typing_survives_being_called_away(page, hospital):
    """呼ばれて別の画面へ行っても、書きかけは同じタブに残る。送ったあとと、サインアウトのあとには残らない。"""
    page.goto("/registers/devices/new")
    page.get_by_label("管理番号").fill("TST-3")
    page.get_by_label("機器名").fill("書きかけの機器")
    page.get_by_label("更新の担当").select_option("own")
    page.goto("/")
    page.goto("/registers/devices/new")
    assert page.get_by_label("機器名").input_value() == "書きかけの機器"
    assert page.get_by_label("更新の担当").input_value() == "own"
    assert "戻しました" in page.locator("[data-saved]").inner_text()

    # Refused, then mended: what the page shows counts.
    page.get_by_label("事業者", exact=True).fill("どこにもない会社")
    page.get_by_role("button", name="保存する").click()
    assert page.locator("#vendor-error").count() == 1
    page.get_by_label("事業者", exact=True).fill("")
    page.get_by_label("機器名").fill("呼ばれたあとの機器")
    page.get_by_role("button", name="保存する").click()
    assert page.locator("h1").inner_text().startswith("呼ばれたあとの機器")
    page.goto("/registers/devices/new")
    assert page.get_by_label("機器名").input_value() == ""

    page.get_by_label("機器名").fill("人に見せない")
    page.goto("/account")
    assert page.evaluate("sessionStorage.length") == 1
    # The session stays: other tests use it.
    page.evaluate("""() => {
        const form = document.querySelector("form[action='/sign-out']");
        form.addEventListener("submit", (event) => event.preventDefault());
        form.requestSubmit();
    }""")
    assert page.evaluate("sessionStorage.length") == 0


def test_bulk_change_shows_differences_first(page, hospital):
    """三台の場所を、違いを見てから直す。見ただけでは変わらない。"""
    register_bulk_preview(page, hospital)
    rows = page.locator("main tbody tr")
    assert rows.count() == 3 and "新館2階" in rows.first.inner_text()
    page.goto("/registers/devices?q=%E6%96%B0%E9%A4%A82%E9%9A%8E")
    assert "ありません" in page.locator(".empty").inner_text()


def test_import_shows_every_fate(page, hospital):
    """資産管理ツールのCSVの見出しを見分け、直せない行はわけを示し、決めるまで何も変えない。"""
    register_import_preview(page, hospital)
    text = page.locator("main").inner_text()
    assert "PC-900" in text and "来年" in text and "棚番" in text
    page.goto("/registers/devices?q=PC-900")
    assert "ありません" in page.locator(".empty").inner_text()


def test_answer_by_the_registers(page, hospital):
    """台帳から見た答えを根拠ごと受け入れ、そのあと台帳が変わると知らせる。"""
    page.goto(hospital.item("2-13-network"))
    ground = page.locator("[aria-labelledby=h-ground-registers]")
    assert "台帳から見ると「いいえ」です" in ground.inner_text()
    ground.get_by_role("button").click()
    page.wait_for_url("**saved=1**")
    assert ground.get_by_role("button").count() == 0
    assert page.locator("[name=answer][value=no]").is_checked()

    page.goto("/registers/connections")
    page.get_by_role("link", name="検査機器の遠隔保守").click()
    page.get_by_role("link", name="内容を直す").click()
    page.get_by_label("許可する接続元").fill("192.0.2.64/28")
    page.get_by_role("button", name="保存する").click()
    page.goto(hospital.item("2-13-network"))
    assert "答えたあとで記録が変わりました" in ground.inner_text()
    assert "台帳から見ると「はい」です" in ground.inner_text()
