"""Every page, and how a person comes to it. Each function leaves the browser on the page and changes nothing, but for
letters to vendors: their links are shown only when they are made."""

from program import LOGIN, PASSWORD, ROOT

SHEET = ROOT / "demo" / "answers-r7.xlsx"


def factor_setup(page, hospital):
    # Leaves a secret without a first code behind, which counts for nothing.
    page.goto("/account/factors/new")
    page.locator("#current").fill(PASSWORD)
    page.locator("main button[data-kind=primary]").click()
    page.locator("svg.qr").wait_for()


def proof_refused(page, hospital):
    page.goto("/account/proof")
    page.locator("#current").fill("not-my-password")
    page.locator("main button[data-kind=primary]").click()
    page.locator(".notice").wait_for()


def proof_ready(page, hospital):
    # The session goes on under another token, which only this page's browser has.
    page.context.clear_cookies(name="mamorite")
    page.goto("/sign-in")
    page.locator("#login").fill(LOGIN)
    page.locator("#password").fill(PASSWORD)
    page.locator("form[action='/sign-in'] button").click()
    page.wait_for_url("**/")
    page.goto("/account/proof?next=%2Fledger%2Fexport.jsonl")
    page.locator("#current").fill(PASSWORD)
    page.locator("main button[data-kind=primary]").click()
    page.locator("main a[href$='.jsonl']").wait_for()


def proved(page, path):
    # The session goes on under another token, which only this page's browser has.
    page.context.clear_cookies(name="mamorite")
    page.goto("/sign-in")
    page.locator("#login").fill(LOGIN)
    page.locator("#password").fill(PASSWORD)
    page.locator("form[action='/sign-in'] button").click()
    page.wait_for_url("**/")
    page.goto(path)


def token_new(page, hospital):
    proved(page, "/account/tokens/new")


def grant_new(page, hospital):
    proved(page, "/people/grants/new")


def grant_refused(page, hospital):
    proved(page, "/people/grants/new")
    page.locator("main button[data-kind=primary]").click()
    page.locator("#person-error").wait_for()


def token_refused(page, hospital):
    proved(page, "/account/tokens/new")
    page.locator("main button[data-kind=primary]").click()
    page.locator("#name-error").wait_for()


def policies_refused(page, hospital):
    page.goto("/people/factors/policies")
    page.locator("[name=mode-staff]").select_option("required")
    page.locator("main button[data-kind=primary]").click()
    page.locator(".notice").wait_for()


def _link(path):
    return lambda page, hospital: page.goto(path(hospital))


def import_preview(page, hospital):
    page.goto(f"{hospital.year[2025]}/import")
    page.locator("[type=file]").set_input_files(SHEET)
    page.locator("main button").click()


def import_refused(page, hospital):
    page.goto(f"{hospital.checklist}/import")
    page.locator("[type=file]").set_input_files(
        {"name": "broken.xlsx", "mimeType": "application/octet-stream", "buffer": SHEET.read_bytes()[:3000]})
    page.locator("main button").click()
    page.locator(".notice[data-tone=bad]").wait_for()


def bulk_preview(page, hospital):
    page.goto(f"{hospital.checklist}/changes")
    for box in page.locator("tbody [type=checkbox]").all()[3:6]:
        box.check()
    page.locator("#field").select_option("due")
    page.locator("#day").fill("2027-02-26")
    page.locator(".bulk button").click()
    page.locator("h1").wait_for()


def refused_answer(page, hospital):
    page.route("**/answers/*", lambda route: route.abort() if "json" in route.request.headers["accept"] else route.continue_())
    page.goto(hospital.item("2-1"))
    page.locator("#due").fill("2027-04-01")
    page.locator("[data-autosave] button").first.click()
    page.locator("#due-error").wait_for()


def conflict(page, hospital):
    page.goto(hospital.item("2-1"))
    page.route("**/answers/*", lambda route: route.abort() if "json" in route.request.headers["accept"] else route.continue_())
    page.evaluate("document.querySelector('[data-autosave] [name=version]').value = 999")
    # An answer that says the same as the stored one would be no conflict.
    page.locator("#note").fill("別の文")
    page.locator("[data-autosave] button").first.click()
    page.locator(".columns .panel").first.wait_for()


def refused_person(page, hospital):
    page.goto("/people/new")
    page.locator("main .button").click()
    page.locator("[aria-invalid]").first.wait_for()


def refused_password(page, hospital):
    page.goto("/account")
    page.locator("#current").fill("not-my-password")
    page.locator("#password").fill("a-long-enough-password")
    page.locator("main form[action='/account/password'] button").click()
    page.locator("[aria-invalid]").first.wait_for()


REGISTERS = (
    "systems", "devices", "connections", "vendors", "contracts", "people", "roles", "contacts", "departments", "places",
    "documents", "provisions", "outsourcings", "disclosures")


def record(register, suffix=""):
    """The first record of a register."""
    def visit(page, hospital):
        page.goto(f"/registers/{register}")
        page.goto(page.locator("tbody th a").first.get_attribute("href") + suffix)
    return visit


def dependency_form(page, hospital):
    record("systems")(page, hospital)
    page.goto(page.locator("a[href$='/needs']").get_attribute("href"))


def dependency_ring(page, hospital):
    """The network cannot need the records, which need the network."""
    page.goto("/registers/systems")
    page.goto(page.get_by_role("link", name="院内ネットワーク").get_attribute("href"))
    page.goto(page.locator("a[href$='/needs']").get_attribute("href"))
    page.locator("#needs").fill("医事会計")
    page.locator("main [data-kind=primary]").click()
    page.locator("[aria-invalid]").first.wait_for()


def register_refused(page, hospital):
    page.goto("/registers/contracts/new")
    page.locator("#number").fill("K-999")
    page.locator("#startsOn").fill("2026-04-01")
    page.locator("#endsOn").fill("2026-03-01")
    page.locator("main [data-kind=primary]").click()
    page.locator("[aria-invalid]").first.wait_for()


def register_bulk(page, hospital):
    page.goto("/registers/devices")
    for box in page.locator("tbody [type=checkbox]").all()[:3]:
        box.check()
    page.locator("#bulk-field").select_option("place")
    page.locator(".bulk button").click()
    page.locator("#place").wait_for()


def register_bulk_preview(page, hospital):
    register_bulk(page, hospital)
    page.locator("#place").fill("新館2階")
    page.locator("main [data-kind=primary]").click()
    page.locator("main table").wait_for()


def register_import_preview(page, hospital):
    page.goto("/registers/devices/import")
    page.locator("[type=file]").set_input_files({
        "name": "devices.csv", "mimeType": "text/csv",
        "buffer": "資産管理番号,ホスト名,設置場所,サポート終了日,棚番\nVPN-01,保守用VPN装置,新館,来年,A-1\nPC-900,新しい端末,3階,2029/3/31,B-2\n,,地下,,\n".encode("cp932")})
    page.locator("main [data-kind=primary]").click()
    page.locator("main table").first.wait_for()


def document_version(page, hospital):
    """The draft of a text to begin with; it is taken in at the first visit."""
    page.goto("/documents/starters?set=hospital")
    page.locator("main [data-kind=primary]").click()
    page.locator(".notice").first.wait_for()
    page.goto("/registers/documents?q=H-01")
    page.goto(page.locator("tbody th a").first.get_attribute("href"))
    page.locator("#h-versions ~ ul a").first.click()
    page.locator("article.document").wait_for()


def responsibility(suffix="", system="電子カルテ"):
    """The table of a system, or a page below it."""
    def visit(page, hospital):
        page.goto("/responsibility")
        page.goto(page.locator("tbody th a", has_text=system).get_attribute("href") + suffix)
    return visit


def responsibility_cell(page, hospital):
    responsibility()(page, hospital)
    page.locator("td[data-tone=bad] a").first.click()
    page.locator("#vendor").wait_for()


def responsibility_refused(page, hospital):
    responsibility_cell(page, hospital)
    page.locator("#vendor").fill("どこにもない会社")


def column_refused(page, hospital):
    page.goto("/registers/devices/columns")
    page.locator("#label").fill("管理番号")
    page.locator("main [data-kind=primary]").click()
    page.locator("[aria-invalid]").first.wait_for()


def responsibility_preset_preview(page, hospital):
    responsibility("/preset", "検査システム")(page, hospital)
    page.locator("[name=model][value=paas]").check()
    page.locator("main [data-kind=primary]").click()
    page.locator("main table").wait_for()


def responsibility_import_preview(page, hospital):
    page.goto("/responsibility/import")
    page.locator("[type=file]").set_input_files({
        "name": "a.csv", "mimeType": "text/csv",
        "buffer": "システム,すること,時期,当院,ほかの文書\n給食,時計合わせ,平常時,受け持つ,利用規約\n給食,ないこと,平常時,受け持つ,\n".encode()})
    page.locator("main [data-kind=primary]").click()
    page.locator("main table").first.wait_for()


def raci_activity(page, hospital):
    page.goto("/responsibility/raci")
    page.locator("tbody th a").first.click()
    page.locator("#name").wait_for()


def raci_party(page, hospital):
    page.goto("/responsibility/raci/parties")
    page.locator("tbody th a").first.click()
    page.locator("#person").wait_for()
DISCLOSURE = ROOT / "demo" / "disclosures" / "pacs-mds.csv"


def disclosure(page, hospital):
    page.goto("/disclosures")
    page.locator("tbody ul a").first.click()
    page.locator("#h-answers").wait_for()


def disclosure_risk(page, hospital):
    disclosure(page, hospital)
    page.locator("main .page-head [data-kind=primary]").click()
    page.locator("#evaluation").wait_for()


def disclosure_risk_refused(page, hospital):
    disclosure_risk(page, hospital)
    page.locator("main form [data-kind=primary]").click()
    page.locator("[aria-invalid]").first.wait_for()


def disclosure_import(content):
    def visit(page, hospital):
        page.goto("/disclosures/import")
        page.locator("[type=file]").set_input_files({"name": "mds.csv", "mimeType": "text/csv", "buffer": content()})
        page.locator("main [data-kind=primary]").click()
        page.locator("main form[action^='/disclosures/import/']").first.wait_for(state="attached")
    return visit


def maintenance_refused(page, hospital):
    page.goto("/maintenance")
    # A result that was recorded before stands chosen in the form.
    page.locator("main [type=radio]").evaluate_all("all => all.forEach(each => { each.checked = false })")
    page.locator("main form [data-kind=primary]").click()
    page.locator(".error").first.wait_for()


def maintenance_record(page, hospital):
    """A result; it is recorded at the first visit."""
    page.goto("/maintenance")
    record = page.locator("main a[href^='/maintenance/']")
    if record.count():
        record.first.click()
    else:
        page.locator("[name=noStaff][value=yes]").check()
        page.locator("[name=allListed][value=yes]").check()
        page.locator("main form [data-kind=primary]").click()
    page.locator("article.sheet").wait_for()


def register_filter_naming(page, hospital):
    page.goto("/registers/devices?kind=network")
    page.locator("details:has(#name) > summary").click()
    page.locator("#name").wait_for()


def record_files(page, hospital):
    record("devices")(page, hospital)
    page.locator("details:has(#file) > summary").click()
    page.locator("#file").wait_for()


def print_columns(page, hospital):
    page.goto("/registers/devices/print?kind=server")
    page.locator("summary").first.click()


def renewed(suffix):
    """The contract of the demonstration hospital whose renewal waits for its confirmation."""
    def visit(page, hospital):
        page.goto("/registers/contracts?q=K-007")
        contract = page.locator("tbody th a").first.get_attribute("href").split("/")[-1]
        page.goto(f"/contracts/{contract}/{suffix}")
    return visit


def renewal_refused(page, hospital):
    renewed("renewal")(page, hospital)
    page.locator("#endsOn").fill("2020-03-31")
    page.locator("main [data-kind=primary]").click()
    page.locator("[aria-invalid]").first.wait_for()


def certification_new(page, hospital):
    record("vendors")(page, hospital)
    page.locator("#h-certifications ~ p a.button").click()
    page.locator("#kind").wait_for()


def letter(page, hospital):
    record("vendors")(page, hospital)
    page.locator("a[href^='/clauses/letter']").click()
    page.locator(".sheet").wait_for()


def clinic_refused(page, hospital):
    """A not-yet whose day has passed."""
    page.route("**/answer", lambda route: route.abort() if "json" in route.request.headers["accept"] else route.continue_())
    page.goto("/clinic/questions/protection")
    page.locator("[name=value][value=not-yet]").check()
    page.locator("#target").fill("2026-01-01")
    page.locator("main [data-kind=primary]").click()
    page.locator("#target-error").wait_for()


def clinic_letter(suffix=""):
    """The letter to the first company; a question is put into it at the first visit."""
    def visit(page, hospital):
        page.goto("/clinic/questions/causes")
        page.locator("[name=value][value=unknown]").check()
        with page.expect_navigation():
            page.locator("main [data-kind=primary]").click()
        page.goto("/clinic/letters")
        page.goto(page.locator("tbody th a").first.get_attribute("href") + suffix)
    return visit


# One of each form: plain, list, fields, role, document, and what nobody has written down yet.
CLINIC_QUESTIONS = ("part-time", "vendors", "pattern", "updates", "duties", "policy", "authorities", "contracts")


def request_preview(page, hospital):
    page.goto("/requests/new")
    page.locator("[name=form]").first.check()
    page.locator("[name=recipient]").first.check()
    page.locator("main [data-kind=primary]").click()
    page.locator("#h-sample").wait_for()


def break_glass_refused(page, hospital):
    page.goto("/break-glass")
    page.locator("#code").fill("2345-6789-abcd-efgh")
    page.locator("#name").fill("夜勤 花子")
    page.locator("#reason").fill("短い")
    page.locator("main [data-kind=primary]").click()
    page.locator("#reason-error").wait_for()


def mail_refused(page, hospital):
    page.goto("/mail")
    page.locator("#host").fill("https://mail.example.jp/")
    page.locator("main [data-kind=primary]").click()
    page.locator("#host-error").wait_for()


def request_refused(page, hospital):
    page.goto("/requests/new")
    page.locator("main [data-kind=primary]").click()
    page.locator(".error").first.wait_for()


def a_request(state, suffix=""):
    """The first request of the demonstration in a state."""
    def visit(page, hospital):
        page.goto(f"/requests?state={state}")
        page.goto(page.locator("tbody th a").first.get_attribute("href") + suffix)
    return visit


def letters(page, hospital):
    request_preview(page, hospital)
    page.locator("main [data-kind=primary]").click()
    page.locator(".letter").first.wait_for()


def vendor_entrance(page, hospital):
    """The vendor's first page, by a link that has just been made."""
    letters(page, hospital)
    page.goto("/v/" + page.locator(".letter").first.inner_text().split("/v/")[1][:64])


def vendor_sheet(suffix=""):
    def visit(page, hospital):
        vendor_entrance(page, hospital)
        page.locator("#name").fill("森")
        page.locator("main [data-kind=primary]").click()
        page.locator("article").first.wait_for()
        if suffix:
            page.goto(page.url + suffix)
    return visit


def account_review(suffix=""):
    """The open review of the demonstration hospital, or a page below it."""
    def visit(page, hospital):
        page.goto("/account-reviews")
        review = page.locator("tbody td:last-child a[href^='/account-reviews/']").first.get_attribute("href")
        page.goto(review + suffix)
    return visit


def account_review_bulk(page, hospital):
    account_review("?show=undecided")(page, hospital)
    for box in page.locator("tbody [type=checkbox]").all()[:3]:
        box.check()
    page.locator("#bulk-decision").select_option("keep")
    page.locator(".bulk button").click()
    page.locator("main table").wait_for()


def account_review_refused(page, hospital):
    account_review("/accounts/1")(page, hospital)
    page.locator("main [type=radio]").evaluate_all("all => all.forEach(each => { each.checked = false })")
    page.locator("main form [data-kind=primary]").click()
    page.locator(".error").first.wait_for()


def account_review_signed(suffix=""):
    def visit(page, hospital):
        page.goto("/account-reviews/subjects/mamorite")
        page.goto(page.locator(".history a").last.get_attribute("href") + suffix)
    return visit


def account_review_file(page, hospital):
    """The form that takes a system's list."""
    page.goto("/account-reviews")
    page.goto(page.get_by_role("link", name="医事会計", exact=True).get_attribute("href"))


def person_access(page, hospital):
    page.goto("/people")
    page.goto(page.locator("tbody th a").last.get_attribute("href"))


def framework(page, hospital):
    page.goto("/frameworks")
    page.locator("main td a").first.click()
    page.locator("main h2").first.wait_for()


def framework_sections(page, hospital):
    framework(page, hospital)
    page.locator("main a[href*='requirements']").first.click()
    page.locator("main form[role=search]").wait_for()


def framework_requirement(page, hospital):
    framework_sections(page, hospital)
    page.locator("main td a").nth(1).click()
    page.locator("main td a").first.click()
    page.locator("main dl.facts").wait_for()


def audit(page, hospital):
    """The audit of the demonstration, of the group's standard."""
    page.goto("/audits")
    page.get_by_role("link", name="グループ基準 自己点検").first.click()
    page.locator("main dl.figures").wait_for()


def audit_part(suffix):
    def visit(page, hospital):
        audit(page, hospital)
        page.goto(page.url.split("?")[0] + suffix)
        page.locator("main h1").wait_for()
    return visit


def audit_requirement(page, hospital):
    """3.1: answered in part, resting on a measure."""
    node = "urn:minato-group:risk:req_node:group-standard:3.1"
    audit_part(f"/requirements?node={node}")(page, hospital)


def audit_refused(page, hospital):
    audit_requirement(page, hospital)
    page.locator("#remark").evaluate("each => each.removeAttribute('maxlength')")
    page.locator("#remark").fill("長" * 4001)
    page.locator("main button[value=stay]").click()
    page.locator("main [role=alert]").wait_for()


def audit_new(page, hospital):
    framework(page, hospital)
    page.locator("main a[href*='/audits/new']").first.click()
    page.locator("main form").wait_for()


def measure(page, hospital):
    page.goto("/measures")
    page.locator("main th a").first.click()
    page.locator("main dl.facts").wait_for()


def measure_form(page, hospital):
    measure(page, hospital)
    page.goto(page.url + "/form")


def finding_new(page, hospital):
    audit_requirement(page, hospital)
    page.locator("main a[href*='/findings/new']").click()
    page.locator("#seen").wait_for()


def finding(page, hospital):
    """One with an action that is under way; written at the first visit."""
    page.goto("/findings")
    if page.locator("main th a").count() == 0:
        finding_new(page, hospital)
        page.locator("#title").fill("控えを切り離していない")
        page.locator("#seen").fill("テープが装置に入ったままだった。")
        page.locator("main form button").click()
        page.locator("#text").fill("週に一度、金庫に移す")
        page.locator("main form[action$='/actions'] button").click()
        page.locator("main h3").wait_for()
        page.goto("/findings")
    page.locator("main th a").first.click()
    page.locator("main dl.facts").wait_for()


def finding_measures(page, hospital):
    finding(page, hospital)
    page.goto(page.url.split("?")[0] + "/measures")
    page.locator("main table").wait_for()


def measure_review(page, hospital):
    measure(page, hospital)
    page.goto(page.url.split("?")[0] + "/review")
    page.locator("#months").wait_for()


def risk(page, hospital):
    """The gravest: rated at all three stages, with measures."""
    page.goto("/risks")
    page.locator("main th[scope=row] a").first.click()
    page.locator("main dl.facts").wait_for()


def risk_part(suffix):
    def visit(page, hospital):
        risk(page, hospital)
        page.goto(page.url.split("?")[0] + suffix)
        page.locator("main h1").wait_for()
    return visit


def risk_dismissal(page, hospital):
    """One of the checklist's noes."""
    page.goto("/risks/suggestions?kind=checklist")
    page.locator("main a[href*='/dismissals/new']").first.click()
    page.locator("main form.panel").wait_for()


def risk_accepted(page, hospital):
    """An acceptance that waits for somebody's approval."""
    page.goto("/risks?show=waiting")
    page.locator("main th[scope=row] a").first.click()
    page.locator("main dl.facts").wait_for()


def risk_refused(page, hospital):
    page.goto("/risks/new")
    page.locator("#title").fill("題")
    page.locator("[name=treatment][value=accept]").check()
    page.locator("main form.panel button[data-kind=primary]").click()
    page.locator("main [role=alert]").wait_for()


def plan_year(page, hospital):
    """The year in which something begins."""
    page.goto("/plans")
    page.locator("main th[scope=row] a").nth(1).click()
    page.locator("main dl.figures").wait_for()


def plan_line(page, hospital):
    plan_year(page, hospital)
    page.locator("main a[href*='/lines/']").first.click()
    page.locator("main form").wait_for()


def plan_rollout(page, hospital):
    """The roll-out in the budget of the year that runs."""
    page.goto("/plans")
    page.locator("main th[scope=row] a").first.click()
    page.locator("main a[href^='/plans/'][href$='/rollout']").click()
    page.locator("main form").wait_for()


def rollout_measures(page, hospital):
    rollout_line(page, hospital)
    page.locator("main a[href$='/measures']").click()
    page.locator("main form[role=search]").wait_for()


def rollout_line(page, hospital):
    page.goto("/rollout")
    page.locator("main a[href*='/rollout/lines/0']").first.click()
    page.locator("main form").first.wait_for()


def framework_preview(page, hospital):
    """An update with things added, changed and removed, and with irregularities."""
    text = (ROOT / "demo/frameworks/group-standard-2.yaml").read_text(encoding="utf-8")
    text = text.replace("version: 2", "version: '3'").replace(":1.2", ":1.9").replace("半年", "三月").replace("- clinic", "- none")
    page.goto("/frameworks/import")
    page.locator("#file").set_input_files(
        {"name": "group-standard-3.yaml", "mimeType": "application/yaml", "buffer": text.encode()})
    page.locator("main form button").click()
    page.locator("main dl.figures").wait_for()


# Made up: not the ministry's text.
CHECKLIST = """令和8年度版 試験用に作ったチェックリスト
医療機関・薬局確認用
医療情報システムの有無  医療情報システムを導入している。  はい・いいえ
1 体制構築
①  医療情報システムの安全管理を取り仕切る責任者を決めている。  はい・いいえ
2 管理・運用
①  サーバ、端末PC、ネットワーク機器を台帳で管理している。  はい・いいえ
②  屋上の花壇へ毎朝水を
やっている。
ご不明の点は窓口へ
"""


def edition_draft(page, hospital):
    page.goto("/editions/new")
    page.locator("#text").fill(CHECKLIST)
    page.locator("main button").first.click()
    page.locator("main dl.figures").wait_for()


def edition_row(page, hospital):
    edition_draft(page, hospital)
    page.locator("main tbody td a").nth(4).click()
    page.locator("main td form").wait_for()


def edition_row_refused(page, hospital):
    edition_row(page, hospital)
    page.locator("#number").fill("い")
    page.locator("main td form button").click()
    page.get_by_role("alert").wait_for()


def edition_preview(page, hospital):
    edition_draft(page, hospital)
    page.locator("main .page-head a").click()
    page.locator("main h3").first.wait_for()


def edition_refused(page, hospital):
    page.goto("/editions/new")
    page.locator("#text").fill("チェックリストではない文")
    page.locator("main button").first.click()
    page.get_by_role("alert").wait_for()


def editions(page, hospital):
    """With a draft. Nothing is taken in here: the pages of the checklists are those of the year before."""
    edition_draft(page, hospital)
    page.goto("/editions")


def monitor_tried(page, hospital):
    page.goto("/monitoring/new?kind=tcp")
    page.locator("#name").fill("試すだけ")
    page.locator("#target").fill("192.0.2.9:104")
    page.locator("main button[value=try]").click()
    page.locator(".notice").wait_for()


def monitor_refused(page, hospital):
    page.goto("/monitoring/new?kind=heartbeat")
    page.locator("#name").fill("夜間の控え")
    page.locator("main form details summary").click()
    page.locator("[name=rhythm][value=cron]").check()
    page.locator("#cron").fill("0 0 31 2 *")
    page.locator("main button[value=save]").click()
    page.locator(".notice").wait_for()


def policy_refused(page, hospital):
    """A step that escalates to those who were just called."""
    page.goto("/paging/policies/new")
    page.locator("#name").fill("夜")
    for number, minutes in (("1", "0"), ("2", "10")):
        page.locator(f"#after{number}").fill(minutes)
        page.locator(f"#first{number}").select_option("owner")
    page.locator("main button[data-kind=primary]").click()
    page.locator(".notice").wait_for()


def oncall_part(number):
    """The rota of the demonstration: changes, checks, ledger, calendars in the order of the tabs."""
    def goto(page, hospital):
        page.goto("/oncall")
        page.locator("main ul.tabs a").nth(number).click()
        page.locator("main h1").wait_for()
    return goto


def oncall_way(end):
    def goto(page, hospital):
        page.goto("/oncall")
        page.locator(f"main .page-head a[href*='{end}']").first.click()
        page.locator("main h1").wait_for()
    return goto


def recovery(page, hospital):
    """What is tried by itself for a monitor; the server of the tests lists nothing to choose from."""
    page.goto("/monitoring")
    if not page.locator("main td a[href^='/monitoring/0'], main th a[href^='/monitoring/0']").count():
        page.goto("/monitoring/new?kind=heartbeat")
        page.locator("#name").fill("夜間の控え")
        page.locator("main button[value=save]").click()
        page.goto("/monitoring")
    page.locator("main td a[href^='/monitoring/0'], main th a[href^='/monitoring/0']").first.click()
    page.locator("main a[href$='/recovery']").click()
    page.locator("main h1").wait_for()


def duty_call(page, hospital):
    """A record of a call, put right once."""
    oncall_part(3)(page, hospital)
    links = page.locator("main a[href*='/calls/']")
    if not links.count():
        page.locator("#what").fill("画像の容量")
        for name, time in (("called", "01:08"), ("start", "01:10"), ("end", "02:40")):
            page.locator(f"#{name}").fill(f"2026-11-20T{time}")
        page.locator("form[action$='/calls'] button").click()
        links.first.click()
        page.locator("#end").fill("2026-11-20T02:50")
        page.locator("#why").fill("終わりを間違えた")
        page.locator("main button[data-kind=primary]").click()
    links.first.click()
    page.locator("#why").wait_for()


def duty_served(page, hospital):
    """A duty that someone else served than was planned."""
    oncall_part(3)(page, hospital)
    page.locator("main a[href*='/served?']").click()
    page.locator("main td a[href$='#record']").first.wait_for()
    if not page.locator("main ul a[href*='/served/']").count():
        page.locator("main td a[href$='#record']").first.click()
        page.locator("#who").select_option("-")
        page.locator("#reason").fill("急な休みのため")
        page.locator("main form[id=record] button").click()
        page.locator("main form[action*='/served/']").first.wait_for()
        page.locator("main .crumbs a").click()


def duty_served_record(page, hospital):
    duty_served(page, hospital)
    page.locator("main ul a[href*='/served/']").first.click()
    page.locator("main form[action*='/served/'] #reason").wait_for()


def duty_served_refused(page, hospital):
    duty_served(page, hospital)
    page.locator("main td a[href$='#record']").first.click()
    page.locator("#until").fill("2026-12-01T08:30")
    page.locator("#reason").fill("急な休みのため")
    page.locator("main form[id=record] button").click()
    page.locator(".notice").wait_for()


def oncall_refused(page, hospital):
    page.goto("/oncall/new?pattern=nights")
    page.locator("#r0-members").fill("鈴木\n知らない人")
    page.locator("main button[data-kind=primary]").click()
    page.locator("#r0-members-error").wait_for()


def oncall_overlap(page, hospital):
    oncall_part(1)(page, hospital)
    page.locator("#reason").fill("研修")
    page.locator("#until").fill("2026-01-01T08:30")
    page.locator("form[action$=overrides] button").click()
    page.locator(".notice").wait_for()


PAGES = {
    "oncall": _link(lambda hospital: "/oncall"),
    "oncall-patterns": _link(lambda hospital: "/oncall/new"),
    "oncall-form": _link(lambda hospital: "/oncall/new?pattern=shifts"),
    "oncall-refused": oncall_refused,
    "oncall-changes": oncall_part(1),
    "oncall-change-refused": oncall_overlap,
    "oncall-checks": oncall_part(2),
    "oncall-ledger": oncall_part(3),
    "oncall-served": duty_served,
    "oncall-served-record": duty_served_record,
    "oncall-served-refused": duty_served_refused,
    "oncall-feeds": oncall_part(4),
    "oncall-call": duty_call,
    "oncall-print": oncall_way("/print"),
    "oncall-settings": oncall_way("/settings"),
    "monitoring": _link(lambda hospital: "/monitoring"),
    "monitoring-kinds": _link(lambda hospital: "/monitoring/new"),
    "monitoring-form": _link(lambda hospital: "/monitoring/new?kind=http"),
    "monitoring-snmp": _link(lambda hospital: "/monitoring/new?kind=snmp"),
    "monitoring-heartbeat": _link(lambda hospital: "/monitoring/new?kind=heartbeat"),
    "monitoring-networks": _link(lambda hospital: "/monitoring/networks"),
    "paging": _link(lambda hospital: "/paging"),
    "paging-policy": _link(lambda hospital: "/paging/policies/new"),
    "paging-policy-refused": policy_refused,
    "paging-rule": _link(lambda hospital: "/paging/rules/new"),
    "paging-hours": _link(lambda hospital: "/paging/hours"),
    "paging-channels": _link(lambda hospital: "/paging/channels"),
    "paging-gateway": _link(lambda hospital: "/paging/channels/new?kind=gateway"),
    "figures": _link(lambda hospital: "/figures"),
    "board": _link(lambda hospital: "/board"),
    "paging-preferences": _link(lambda hospital: "/paging/preferences"),
    "monitoring-recovery": recovery,
    "monitoring-tried": monitor_tried,
    "monitoring-refused": monitor_refused,
    "passkey-not-here": _link(lambda hospital: "/account/passkeys/new"),
    "proof": _link(lambda hospital: "/account/proof?next=%2Fpeople%2Fnew"),
    "proof-refused": proof_refused,
    "proof-ready": proof_ready,
    "account-reviews": _link(lambda hospital: "/account-reviews"),
    "account-review-plan": _link(lambda hospital: "/account-reviews/subjects/mamorite"),
    "account-review-file": account_review_file,
    "account-review": account_review(),
    "account-review-nothing": account_review("?q=zzzz"),
    "account-review-account": account_review("/accounts/1"),
    "account-review-refused": account_review_refused,
    "account-review-bulk": account_review_bulk,
    "account-review-undecided": account_review("/signature"),
    "account-review-removal": account_review("/removal"),
    "account-review-signed": account_review_signed(),
    "account-review-print": account_review_signed("/print"),
    "person-access": person_access,
    "disclosures": _link(lambda hospital: "/disclosures"),
    "disclosure": disclosure,
    "disclosure-risk": disclosure_risk,
    "disclosure-risk-refused": disclosure_risk_refused,
    "disclosure-annex": _link(lambda hospital: "/disclosures/annex"),
    "disclosure-sheet": _link(lambda hospital: "/disclosures/sheet"),
    "disclosure-import": _link(lambda hospital: "/disclosures/import"),
    "disclosure-import-preview": disclosure_import(DISCLOSURE.read_bytes),
    "disclosure-import-odd": disclosure_import("甲,乙,丙\nZ1,設問,ok\nZ2,設問,いいえ\n".encode),
    "maintenance": _link(lambda hospital: "/maintenance"),
    "maintenance-refused": maintenance_refused,
    "maintenance-record": maintenance_record,
    "document-version": document_version,
    "document-starters": _link(lambda hospital: "/documents/starters?set=clinic"),
    "document-reading": _link(lambda hospital: "/documents/reading"),
    "clinic": _link(lambda hospital: "/clinic"),
    "clinic-part": _link(lambda hospital: "/clinic/parts/vendors"),
    **{f"clinic-{each}": _link(lambda hospital, each=each: f"/clinic/questions/{each}") for each in CLINIC_QUESTIONS},
    "clinic-refused": clinic_refused,
    "clinic-letters-empty": _link(lambda hospital: "/clinic/letters"),
    "clinic-letter": clinic_letter(),
    "clinic-replies": clinic_letter("/replies"),
    "clinic-letters": _link(lambda hospital: "/clinic/letters"),
    "contract-renewal": renewed("renewal"),
    "contract-renewal-refused": renewal_refused,
    "contract-version": renewed("versions/2"),
    "contract-version-first": renewed("versions/1"),
    "contract-withdrawal": renewed("versions/2/removal"),
    "certification-new": certification_new,
    "clauses": _link(lambda hospital: "/clauses"),
    "clauses-theme": _link(lambda hospital: "/clauses?theme=end"),
    "clauses-letter": letter,
    "requests": _link(lambda hospital: "/requests"),
    "requests-nothing": _link(lambda hospital: "/requests?state=revoked&kind=role-split"),
    "request-new": _link(lambda hospital: "/requests/new"),
    "request-mail": a_request("waiting", "/mail"),
    "mail": _link(lambda hospital: "/mail"),
    "mail-refused": mail_refused,
    "break-glass": _link(lambda hospital: "/break-glass"),
    "break-glass-refused": break_glass_refused,
    "break-glass-records": _link(lambda hospital: "/break-glass/records"),
    "sign-on": _link(lambda hospital: "/sign-on"),
    "terminals": _link(lambda hospital: "/terminals"),
    "sign-on-directory": _link(lambda hospital: "/sign-on/directory"),
    "account-identity": _link(lambda hospital: "/account/identity"),
    "request-refused": request_refused,
    "request-preview": request_preview,
    "request-letters": letters,
    "request-waiting": a_request("waiting"),
    "request-handed-in": a_request("handed-in"),
    "request-paper": a_request("waiting", "/paper"),
    "request-workbook": a_request("waiting", "/workbook"),
    "request-revocation": a_request("waiting", "/revocation"),
    "request-takeover": a_request("handed-in", "/takeover"),
    "vendor-entrance": vendor_entrance,
    "vendor-sheet": vendor_sheet(),
    "vendor-handover": vendor_sheet("/handover"),
    "vendor-workbook": vendor_sheet("/workbook"),
    "vendor-release": vendor_sheet("/release"),
    "responsibility": _link(lambda hospital: "/responsibility"),
    "responsibility-filtered": _link(lambda hospital: "/responsibility?finding=overlap"),
    "responsibility-system": responsibility(),
    "responsibility-blank": responsibility(system="検査システム"),
    "responsibility-cell": responsibility_cell,
    "responsibility-refused": responsibility_refused,
    "responsibility-phase": responsibility("/changes?phase=emergency"),
    "responsibility-preset": responsibility("/preset"),
    "responsibility-preset-preview": responsibility_preset_preview,
    "responsibility-copy": responsibility("/copy"),
    "responsibility-questions": responsibility("/questions"),
    "responsibility-items": _link(lambda hospital: "/responsibility/items"),
    "responsibility-item": _link(lambda hospital: "/responsibility/items/new"),
    "responsibility-import": _link(lambda hospital: "/responsibility/import"),
    "responsibility-import-preview": responsibility_import_preview,
    "raci": _link(lambda hospital: "/responsibility/raci"),
    "raci-activity": raci_activity,
    "raci-parties": _link(lambda hospital: "/responsibility/raci/parties"),
    "raci-party": raci_party,
    **{f"register-{each}": _link(lambda hospital, each=each: f"/registers/{each}") for each in REGISTERS},
    **{f"record-{each}": record(each) for each in REGISTERS},
    "register-filtered": _link(lambda hospital: "/registers/devices?q=%E4%BF%9D%E5%AE%88&kind=network&attention=only"),
    "register-nothing": _link(lambda hospital: "/registers/devices?q=zzzz"),
    "record-new": _link(lambda hospital: "/registers/devices/new"),
    "record-change": record("devices", "/change"),
    "record-removal": record("devices", "/removal"),
    "record-refused": register_refused,
    "register-bulk": register_bulk,
    "register-bulk-preview": register_bulk_preview,
    "diagram-connections": _link(lambda hospital: "/diagrams/connections"),
    "diagram-systems": _link(lambda hospital: "/diagrams/systems"),
    "dependency-form": dependency_form,
    "dependency-ring": dependency_ring,
    "register-import": _link(lambda hospital: "/registers/devices/import"),
    "register-import-preview": register_import_preview,
    "register-columns": _link(lambda hospital: "/registers/devices/columns"),
    "register-column-change": _link(lambda hospital: "/registers/devices/columns/extra2"),
    "register-column-refused": column_refused,
    "register-filter-naming": register_filter_naming,
    "register-filters": _link(lambda hospital: "/registers/devices/views"),
    "register-check": _link(lambda hospital: "/registers/devices/check"),
    "register-print": _link(lambda hospital: "/registers/devices/print"),
    "register-print-columns": print_columns,
    "record-files": record_files,
    "item-ground": _link(lambda hospital: hospital.item("2-2")),
    "home": _link(lambda hospital: "/"),
    "assessments": _link(lambda hospital: "/assessments"),
    "assessment-new": _link(lambda hospital: "/assessments/new"),
    "assessment": _link(lambda hospital: hospital.checklist),
    "assessment-submissions": _link(lambda hospital: hospital.checklist.split("?")[0] + "/submissions"),
    "assessment-part": _link(
        lambda hospital: hospital.checklist.split("?")[0] + "/submissions/part?node=section:1"),
    "assessment-last-year": _link(lambda hospital: hospital.year[2025] + "?section=2"),
    "filtered": _link(lambda hospital: hospital.checklist + "?mark=undone"),
    "filtered-empty": _link(lambda hospital: hospital.checklist + "?mark=overdue&owner=nobody"),
    "item": _link(lambda hospital: hospital.item("2-10", proof=1)),
    "item-refused": refused_answer,
    "item-conflict": conflict,
    "bulk": _link(lambda hospital: hospital.checklist + "/changes"),
    "bulk-preview": bulk_preview,
    "import": _link(lambda hospital: hospital.checklist + "/import"),
    "import-refused": import_refused,
    "import-preview": import_preview,
    "carry-over": _link(lambda hospital: hospital.checklist + "/carry-over"),
    "reports": _link(lambda hospital: "/reports"),
    "report": _link(lambda hospital: hospital.report),
    "report-last-year": _link(lambda hospital: hospital.year[2025].replace("assessments", "reports")),
    "emergency": _link(lambda hospital: "/emergency"),
    "role-new": _link(lambda hospital: "/registers/roles/new"),
    "people": _link(lambda hospital: "/people"),
    "roles-explained": _link(lambda hospital: "/people/roles"),
    "person-new": _link(lambda hospital: "/people/new"),
    "person-refused": refused_person,
    "facility": _link(lambda hospital: "/facility"),
    "facility-export": _link(lambda hospital: "/facility/export"),
    "account": _link(lambda hospital: "/account"),
    "account-refused": refused_password,
    "factor-new": _link(lambda hospital: "/account/factors/new"),
    "factor-setup": factor_setup,
    "recovery-codes": _link(lambda hospital: "/account/recovery-codes"),
    "factors": _link(lambda hospital: "/people/factors"),
    "factors-lacking": _link(lambda hospital: "/people/factors?show=lacking"),
    "factor-policies": _link(lambda hospital: "/people/factors/policies"),
    "factor-policies-refused": policies_refused,
    "grants": _link(lambda hospital: "/people/grants"),
    "grant-new": grant_new,
    "grant-refused": grant_refused,
    "summaries": _link(lambda hospital: "/summaries"),
    "tokens": _link(lambda hospital: "/account/tokens"),
    "tokens-of-all": _link(lambda hospital: "/people/tokens"),
    "token-new": token_new,
    "token-refused": token_refused,
    "inbox": _link(lambda hospital: "/inbox"),
    "ledger": _link(lambda hospital: "/ledger"),
    "ledger-filtered": _link(lambda hospital: "/ledger?kind=person&action=register.change"),
    "ledger-nothing": _link(lambda hospital: "/ledger?from=2020-01-01&until=2020-01-02"),
    "ledger-entry": _link(lambda hospital: "/ledger/entries/300"),
    "conditions": _link(lambda hospital: "/conditions"),
    "ledger-proof": _link(lambda hospital: "/ledger/proof"),
    "ledger-unreadable": _link(lambda hospital: "/ledger?from=abc&until=2026-13-01"),
    "ledger-stamps": _link(lambda hospital: "/ledger/stamps"),
    "ledger-unknown": _link(lambda hospital: "/ledger/proof?fingerprint=0000000000000000"),
    "backup": _link(lambda hospital: "/backup"),
    "backup-plan": _link(lambda hospital: "/backup/plan"),
    "backup-drill": _link(lambda hospital: "/backup/drills/new"),
    "frameworks": _link(lambda hospital: "/frameworks"),
    "framework-import": _link(lambda hospital: "/frameworks/import"),
    "framework-own": _link(lambda hospital: "/frameworks/own"),
    "framework-preview": framework_preview,
    "framework": framework,
    "framework-sections": framework_sections,
    "framework-requirement": framework_requirement,
    "edition-new": _link(lambda hospital: "/editions/new"),
    "edition-refused": edition_refused,
    "edition-draft": edition_draft,
    "edition-row": edition_row,
    "edition-row-refused": edition_row_refused,
    "edition-preview": edition_preview,
    "editions": editions,
    "audits": _link(lambda hospital: "/audits"),
    "audit": audit,
    "audit-section": audit_part("?section=0"),
    "audit-found": audit_part("?show=not"),
    "audit-nothing": audit_part("?q=nowhere"),
    "audit-new": audit_new,
    "audit-requirement": audit_requirement,
    "audit-refused": audit_refused,
    "audit-settings": audit_part("/settings"),
    "audit-assignments": audit_part("/assignments"),
    "audit-points": audit_part("/points"),
    "audit-carrying": audit_part("/carrying"),
    "audit-signals": audit_part("/signals"),
    "audit-concepts": audit_part("/concepts"),
    "audit-concepts-one": audit_part("/concepts?node=urn:minato-group:risk:req_node:group-standard:3.1"),
    "audit-measures": audit_part("/measures?node=urn:minato-group:risk:req_node:group-standard:3.1"),
    "measures": _link(lambda hospital: "/measures"),
    "measure": measure,
    "measure-form": measure_form,
    "audit-submissions": audit_part("/submissions"),
    "audit-part": audit_part("/submissions/part?node=urn:minato-group:risk:req_node:group-standard:3.1"),
    "submissions": _link(lambda hospital: "/submissions"),
    "finding-new": finding_new,
    "finding": finding,
    "finding-measures": finding_measures,
    "findings": _link(lambda hospital: "/findings"),
    "findings-paper": _link(lambda hospital: "/findings/print"),
    "audit-visits": audit_part("/visits"),
    "audit-visit-new": audit_part("/visits/new"),
    "visits": _link(lambda hospital: "/visits"),
    "audit-review": audit_part("/review"),
    "measure-review": measure_review,
    "periodic-reviews": _link(lambda hospital: "/periodic-reviews"),
    "measure-new": _link(lambda hospital: "/measures/new"),
    "risks": _link(lambda hospital: "/risks"),
    "risks-target": _link(lambda hospital: "/risks?stage=target"),
    "risks-nothing": _link(lambda hospital: "/risks?q=nowhere"),
    "risk": risk,
    "risk-accepted": risk_accepted,
    "risk-form": risk_part("/form"),
    "risk-measures": risk_part("/measures"),
    "risk-new": _link(lambda hospital: "/risks/new"),
    "risk-refused": risk_refused,
    "risk-suggestions": _link(lambda hospital: "/risks/suggestions?kind=checklist"),
    "risk-matrices": _link(lambda hospital: "/risks/matrices"),
    "plans": _link(lambda hospital: "/plans"),
    "plan-year": plan_year,
    "plan-line": plan_line,
    "plan-rollout": plan_rollout,
    "risk-dismissal": risk_dismissal,
    "risk-dismissals": _link(lambda hospital: "/risks/dismissals"),
    "rollout": _link(lambda hospital: "/rollout"),
    "rollout-phases": _link(lambda hospital: "/rollout/phases"),
    "rollout-line-new": _link(lambda hospital: "/rollout/lines/new"),
    "rollout-line": rollout_line,
    "rollout-measures": rollout_measures,
    "not-found": _link(lambda hospital: "/nowhere"),
}


def signed_out_form(page, hospital):
    page.route("**/answers/*", lambda route: route.abort() if "json" in route.request.headers["accept"] else route.continue_())
    name, value = hospital.cookie.split("=", 1)
    page.context.add_cookies([{"name": name, "value": value, "url": hospital.url}])
    page.goto(hospital.item("2-1"))
    page.context.clear_cookies(name="mamorite")
    page.locator("[data-autosave] button").first.click()
    page.locator("main form").wait_for()


def wrong_password(page, hospital):
    page.goto("/sign-in")
    page.locator("#login").fill("nobody")
    page.locator("#password").fill("wrong")
    page.locator("main button").click()
    page.locator(".notice").wait_for()


# Without signing in.
OPEN_PAGES = {
    "vendor-unknown-link": _link(lambda hospital: "/v/unknown"),
    "vendor-not-opened": _link(lambda hospital: "/v/sheets/01990000-0000-7000-8000-000000000000"),
    "sign-in": _link(lambda hospital: "/sign-in"),
    "sign-in-refused": wrong_password,
    "signed-out-form": signed_out_form,
    "not-found-signed-out": _link(lambda hospital: "/nowhere"),
}


def set_up(page, question, kind="clinic"):
    """Answers the questions before `question`."""
    answers = {
        "kind": lambda: page.locator(f"[name=kind][value={kind}]").check(),
        "name": lambda: page.locator("#name").fill("あおぞら診療所"),
    }
    page.goto("/setup")
    while (asked := page.locator("[name=step]").get_attribute("value")) != question:
        answers.get(asked, lambda: None)()
        page.locator("main [data-kind=primary]").click()
        page.locator(f"[name=step]:not([value={asked}])").wait_for(state="attached")


def set_up_refused(page, question, kind="clinic"):
    set_up(page, question, kind)
    page.locator("main [data-kind=primary]").click()
    page.locator(".error").first.wait_for()


# On an empty installation.
SETUP_PAGES = {
    "setup": lambda page, _: set_up(page, "kind"),
    "setup-refused": lambda page, _: set_up_refused(page, "kind"),
    "setup-name": lambda page, _: set_up(page, "name"),
    "setup-prefecture": lambda page, _: set_up(page, "prefecture"),
    "setup-beds": lambda page, _: set_up(page, "beds"),
    "setup-beds-refused": lambda page, _: set_up_refused(page, "beds", "hospital"),
    "setup-year": lambda page, _: set_up(page, "year"),
    "setup-administrator": lambda page, _: set_up(page, "administrator"),
    "setup-administrator-refused": lambda page, _: set_up_refused(page, "administrator"),
}
