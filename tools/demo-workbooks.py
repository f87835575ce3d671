"""Writes the two answered checklists that the demonstration imports.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install openpyxl
    /tmp/venv/bin/python tools/demo-workbooks.py            # writes demo/answers-r6.xlsx and demo/answers-r7.xlsx

They look the way a hospital's IT office keeps such lists: title lines above the header, section lines between the
items, merged cells, eras beside Excel dates, full-width and circled numbers. The hospital (みなと総合病院, 180 beds),
its people and its vendors are invented. Questions are paraphrased, not the ministry's words; see
Packs/*/SOURCES.md for where the numbers of the items come from. Running it twice gives the same cells.
"""

from datetime import date, datetime
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

DEMO = Path(__file__).resolve().parent.parent / "demo"
THIN = Side(style="thin", color="999999")
BOX = Border(left=THIN, right=THIN, top=THIN, bottom=THIN)
GREY = PatternFill("solid", fgColor="DDE3EA")
PALE = PatternFill("solid", fgColor="F3F5F8")
FONT = "游ゴシック"


class Section(str):
    """A line that names a section and runs over all columns."""


def build(path, sheet_name, titles, header, rows, widths, merges):
    """`rows` holds Section or lists; a date is written as an Excel date; `merges` are cell ranges."""
    book = Workbook()
    book.properties.creator = "みなと総合病院 情報システム係"
    book.properties.created = book.properties.modified = datetime(2026, 2, 24, 10, 0)
    sheet = book.active
    sheet.title = sheet_name
    last = chr(ord("A") + len(header) - 1)
    line = 0
    for title in titles:
        line += 1
        if isinstance(title, list):
            for column, value in enumerate(title, 1):
                sheet.cell(line, column, value).font = Font(name=FONT, size=10)
        else:
            sheet.cell(line, 1, title).font = Font(name=FONT, size=14 if line == 1 else 10, bold=line == 1)
            sheet.merge_cells(f"A{line}:{last}{line}")
    line += 1
    for column, value in enumerate(header, 1):
        cell = sheet.cell(line, column, value)
        cell.font = Font(name=FONT, size=10, bold=True)
        cell.fill, cell.border = GREY, BOX
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
    sheet.freeze_panes = f"A{line + 1}"
    for row in rows:
        line += 1
        if isinstance(row, Section):
            cell = sheet.cell(line, 1, str(row))
            cell.font, cell.fill = Font(name=FONT, size=10, bold=True), PALE
            sheet.merge_cells(f"A{line}:{last}{line}")
            continue
        for column in range(1, len(header) + 1):
            value = row[column - 1] if column <= len(row) else None
            cell = sheet.cell(line, column, value)
            cell.font, cell.border = Font(name=FONT, size=10), BOX
            cell.alignment = Alignment(vertical="top", wrap_text=True)
            if isinstance(value, date):
                cell.number_format = "yyyy/m/d" if column % 2 else '[$-411]ge.m.d;@'
    for first, merged_last in merges:
        sheet.merge_cells(f"{find(sheet, *first)}:{find(sheet, *merged_last)}")
    for letter, width in zip("ABCDEFGHIJ", widths):
        sheet.column_dimensions[letter].width = width
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    path.parent.mkdir(exist_ok=True)
    book.save(path)


def find(sheet, column, text, nth=1):
    """The name of the nth cell in `column` that holds `text`."""
    for row in range(1, sheet.max_row + 1):
        if sheet[f"{column}{row}"].value == text:
            nth -= 1
            if nth == 0:
                return f"{column}{row}"
    raise LookupError((column, text))


GATE = "患者の医療情報を扱うシステムを導入・運用している"
RIGHTS = "職種・担当業務ごとに、扱える情報の範囲で利用権限を分けている"
ACCOUNTS = "退職者など、使わなくなったアカウントを削除している"
PATCHES = "ファームウェアや更新プログラムなど、セキュリティの修正を適用している"
SERVICES = "裏で動く不要なソフト・サービスを止めている"

R6 = [
    Section("医療情報システムの有無"),
    ["-", None, GATE, "はい", date(2024, 6, 10), None, "田中", "電子カルテ、部門システム、レセコン"],
    Section("1 体制構築"),
    ["1-(1)", None, "医療情報システムの安全管理責任者を置いている", "はい", date(2024, 6, 10), None, "田中",
     "事務部長を任命(令和6年4月1日付の辞令)"],
    Section("2 医療情報システムの管理・運用"),
    ["2-(1)", "医療情報システム全般", "サーバ、端末PC、ネットワーク機器の台帳を作り、管理している", "いいえ", date(2024, 6, 12),
     date(2024, 12, 27), "佐藤", "サーバと端末PCは記載済み。ネットワーク機器は現物の確認中"],
    ["2-(2)", "医療情報システム全般", "遠隔保守している機器の有無を事業者に確認した", "はい", date(2024, 6, 20), None, "鈴木",
     "ひまわり情報システム、あおぞら画像、みどり検査の3社から回答を受領"],
    ["２-（３）", "医療情報システム全般", "事業者からセキュリティ開示書(MDS/SDS)を受け取っている", "いいえ", date(2024, 6, 20),
     date(2025, 1, 31), "鈴木", "ひまわり情報システムは受領。あおぞら画像、みどり検査は依頼中"],
    ["2-(4)", "サーバ", RIGHTS, "はい", date(2024, 6, 14), None, "田中", "電子カルテサーバの権限表(第3版)"],
    ["2-(4)", "端末PC", RIGHTS, "いいえ", date(2024, 6, 14), date(2025, 2, 28), "佐藤",
     "病棟の共用端末が共通の利用者名のまま"],
    ["2-(5)", "サーバ", ACCOUNTS, "はい", date(2024, 6, 14), None, "田中", "毎月、人事の異動一覧と突き合わせ"],
    ["2-(5)", "端末PC", ACCOUNTS, "はい", date(2024, 6, 14), None, "佐藤", None],
    ["2-(6)", "サーバ", "アクセスログを管理している", "はい", date(2024, 6, 14), None, "田中",
     "電子カルテサーバのログを3年分保管"],
    ["２-（７）", "サーバ", PATCHES, "はい", date(2024, 6, 17), None, "鈴木", "保守契約により四半期ごと"],
    ["２-（７）", "端末PC", PATCHES, "はい", date(2024, 6, 17), None, "佐藤", "配信サーバから自動適用"],
    ["２-（７）", "ネットワーク機器", PATCHES, "いいえ", date(2024, 6, 17), None, "鈴木",
     "VPN装置の版が古い。停止の調整ができず、時期は未定"],
    ["2-(8)", "ネットワーク機器", "接続元を制限している", "いいえ", date(2024, 6, 17), None, "鈴木",
     "無線LANの接続許可の見直しが必要。次の機器更新に合わせて検討"],
    ["2-(9)", "サーバ", SERVICES, "いいえ", date(2024, 6, 17), None, "田中", "事業者と影響を相談してから決める"],
    ["2-(9)", "端末PC", SERVICES, "いいえ", date(2024, 6, 17), None, "佐藤", None],
    Section("3 インシデント発生に備えた対応"),
    ["3-(1)", None, "院内と院外への連絡体制図がある", "はい", "令和6年6月10日", None, "田中",
     "事務室とサーバ室に掲示"],
    ["3-(2)", None, "診療の継続に要る情報のバックアップを取り、復旧の手順を確かめている", "いいえ", "令和6年6月10日",
     "令和7年3月14日", "田中", "バックアップは毎日取得。復旧の手順書が未完成"],
    ["3-(3)", None, "サイバー攻撃を想定した事業継続計画(BCP)を作っている", "はい", "令和6年6月10日", None, "田中",
     "令和6年3月に策定、院内の会議で承認"],
]

R7 = [
    Section("0 医療情報システムの有無"),
    ["-", GATE, "○", "R7.6.12", None, "田中", None, None, "システム一覧"],
    Section("1 体制構築"),
    ["1-①", "医療情報システムの安全管理責任者を置いている", "○", "R7.6.12", None, "田中", "佐藤",
     "事務部長(再任)", "辞令の写し"],
    Section("2 医療情報システムの管理・運用"),
    ["2-①", "サーバ、端末PC、ネットワーク機器の台帳を作り、管理している", "○", date(2025, 6, 12), None, "佐藤", "鈴木",
     "ネットワーク機器まで記載を終えた。年2回、現物と照合", "機器台帳(令和7年5月30日現在)"],
    ["2-②", "遠隔保守している機器の有無を事業者に確認した", "○", date(2025, 6, 18), None, "鈴木", None,
     "遠隔保守あり: 電子カルテ(ひまわり情報システム)、PACS(あおぞら画像)", "各社の回答書"],
    ["2-③", "事業者からセキュリティ開示書(MDS/SDS)を受け取っている", "△", date(2025, 6, 18), date(2026, 2, 27), "鈴木", None,
     "ひまわり情報システム、みどり検査は受領。あおぞら画像のSDSは2月中の予定", "MDS 2社分"],
    ["２-④", "職種・担当業務ごとに利用権限を分け、管理者権限を持つ人を明確にしている", "△", "令和7年6月20日", "R8.3.13",
     "田中", "佐藤", "権限表は改訂済み。管理者権限の一覧を作成中", "権限表(第4版)"],
    ["２-⑤", "使わなくなったアカウントを削除または無効にしている", "○", "令和7年6月20日", None, "田中", "佐藤",
     "毎月、人事の異動一覧と突き合わせ", "棚卸しの記録"],
    ["２-⑥", PATCHES, "×", date(2025, 6, 20), date(2026, 1, 30), "鈴木", "田中",
     "VPN装置の更新が未実施。部品の納期が遅れ、切替日を調整中", None],
    ["2-⑦", "パスワードは英数字と記号を混ぜた8文字以上とし、定期的に変えている", "○", date(2025, 6, 23), None, "佐藤", None,
     "13文字以上に変更(令和7年4月から)", "パスワードの決まり"],
    ["2-⑧", "パスワードの使い回しを禁じている", "×", date(2025, 6, 23), None, "佐藤", "鈴木",
     "ネットワーク機器の一部が同じパスワード。変更の順番を検討", None],
    ["2-⑨", "USBメモリなど外部記録媒体の接続を制限している", "△", "R7.6.23", "R8.3.31", "佐藤", None,
     "病棟端末は設定済み。医事課と検査室(みどり検査の機器を含む)が残る", "接続制限の設定画面"],
    ["2-⑩", "二要素認証を導入している、または令和9年度までに導入する予定がある", "×", "R7.6.23", "2026/3/31", "田中", "鈴木",
     "電子カルテの更新に合わせる案。導入計画をまだ決めていない", None],
    ["2-⑪", "アクセスログを管理している(サーバ)", "○", date(2025, 6, 25), None, "田中", None,
     "月1回の確認を始めたが、記録の様式が決まっていない", None],
    ["2-⑫", f"{SERVICES}(サーバ)", "○", date(2025, 6, 25), None, "田中", None,
     "ひまわり情報システムと相談し、不要なサービスを停止", "停止したサービスの一覧"],
    ["2-⑫", f"{SERVICES}(端末PC)", "○", date(2025, 6, 25), None, "佐藤", None, None, "標準設定書"],
    ["2-⑬", "接続元を制限している(ネットワーク機器)", None, None, None, "鈴木", None, None, None],
    Section("3 インシデント発生に備えた対応"),
    ["３-①", "院内と院外への連絡体制図がある", "○", "R7.6.12", None, "田中", None, "夜間・休日の連絡先を追加",
     "連絡体制図(令和7年6月版)"],
    ["３-②", "診療の継続に要る情報のバックアップを取り、復旧の手順を確かめている", "△", "R7.6.12", date(2026, 3, 20), "田中", "鈴木",
     "手順書は完成。復旧の訓練を3月に行う", "復旧手順書"],
    ["３-③", "サイバー攻撃を想定した事業継続計画(BCP)を作っている", "○", "R7.6.12", None, "田中", None,
     "令和7年5月に見直し", "BCP(第2版)"],
    Section("4 規程類の整備"),
    ["4-①", "1から3までの項目の具体的なやり方を、運用管理規程などに定めている", None, None, None, "田中", None, None, None],
]


def main():
    build(
        DEMO / "answers-r6.xlsx", "R6点検表",
        ["令和6年度 医療機関におけるサイバーセキュリティ対策チェックリスト(医療機関確認用)",
         "みなと総合病院(180床) 情報システム係", "確認期間: 令和6年6月10日～6月20日", []],
        ["番号", "対象", "項目", "はい/いいえ", "確認日", "目標日", "担当", "備考"],
        R6, [9, 18, 46, 11, 12, 12, 8, 44],
        [(("A", "2-(4)"), ("A", "2-(4)", 2)), (("A", "2-(5)"), ("A", "2-(5)", 2)),
         (("A", "２-（７）"), ("A", "２-（７）", 3)), (("C", PATCHES), ("C", PATCHES, 3)), (("C", RIGHTS), ("C", RIGHTS, 2))],
    )
    build(
        DEMO / "answers-r7.xlsx", "R7チェックリスト",
        ["令和7年度 サイバーセキュリティ対策チェックリスト 医療機関確認用",
         ["施設名", "みなと総合病院(180床)"], ["作成", "情報システム係 田中・鈴木・佐藤"],
         ["凡例", "○ できている △ 途中 × まだ"], []],
        ["項番", "項目", "○×", "確認日", "目標日", "担当", "副担当", "備考", "証拠"],
        R7, [8, 46, 7, 13, 13, 8, 8, 44, 24],
        # The second line of 2-⑫ has no number of its own.
        [(("A", "2-⑫"), ("A", "2-⑫", 2))],
    )


if __name__ == "__main__":
    main()
