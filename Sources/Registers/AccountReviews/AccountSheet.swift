import Kernel
import Publishing

/// Reads the accounts of another system from what it exports: CSV or .xlsx, with the headings in use.
struct AccountSheet: Sendable {
  /// More rows than any hospital has accounts in one system.
  static let mostRows = 20_000

  let accounts: [ReviewedAccount]
  let refused: [AccountReview.RefusedLine]

  enum Column: String, CaseIterable, Sendable {
    case account, name, department, role, kind, lastUsed, enabled, disabled, control, factor, added, left

    /// Headings as programs and people write them.
    var headings: [String] {
      switch self {
      case .account:
        [
          "ログインID", "アカウント", "アカウント名", "アカウントID", "ユーザーID", "ユーザID", "ユーザー名", "利用者ID", "利用者コード",
          "ログイン名", "ログインネーム", "ユーザーコード", "職員ID", "ID", "sAMAccountName", "userPrincipalName", "login",
          "login ID", "account", "user", "user ID", "user name", "UPN",
        ]
      case .name:
        [
          "氏名", "表示名", "名前", "職員名", "利用者名", "利用者氏名", "フルネーム", "漢字氏名", "displayName", "name", "cn",
          "full name",
        ]
      case .department: ["部署", "部署名", "所属", "所属部署", "部門", "診療科", "department", "section"]
      case .role:
        [
          "権限", "グループ", "ロール", "権限グループ", "権限名", "利用権限", "役割", "職種", "メンバー", "memberOf", "role", "roles",
          "group", "groups", "permission",
        ]
      case .kind: ["種別", "アカウント種別", "区分", "アカウント区分", "利用者区分", "type", "account type", "kind"]
      case .lastUsed:
        [
          "最終ログオン", "最終ログオン日", "最終ログオン日時", "最終ログイン", "最終ログイン日", "最終ログイン日時", "最終利用", "最終利用日",
          "最終使用日", "lastLogon", "lastLogonTimestamp", "lastLogonDate", "last login", "last sign-in",
          "last used",
        ]
      case .enabled:
        ["有効/無効", "有効", "有効・無効", "状態", "アカウントの状態", "利用可否", "使用可否", "enabled", "status", "active"]
      case .disabled: ["無効", "停止", "利用停止", "disabled"]
      case .control: ["userAccountControl"]
      case .factor: ["二要素", "二要素認証", "2要素認証", "多要素認証", "二段階認証", "MFA", "2FA", "second factor"]
      case .added: ["作成日", "作成日時", "登録日", "発行日", "whenCreated", "created", "created on"]
      case .left: ["退職日", "離職日", "最終出勤日", "契約終了日", "accountLeft", "left on"]
      }
    }
  }

  private static let columns: [String: Column] = Column.allCases.reduce(into: [:]) { all, column in
    for heading in column.headings { all[heading.searchable] = column }
  }

  /// - Throws: `SheetProblem` for what is no sheet, `ReviewRefusal` for one without a column of accounts, without accounts,
  ///   or with more than ``mostRows``.
  init(_ bytes: [UInt8], named file: String) throws {
    var limits = SheetLimits.standard
    limits.rows = AccountSheet.mostRows + 100
    let workbook: Workbook
    do { workbook = try Sheets.read(bytes, named: file, limits: limits) } catch SheetProblem.tooManyRows {
      throw ReviewRefusal.tooManyRows
    }
    for sheet in workbook.sheets where !sheet.hidden {
      guard let (head, places) = AccountSheet.head(of: sheet.rows) else { continue }
      var reading = Reading(places)
      for (index, row) in sheet.rows.enumerated().dropFirst(head + 1) { reading.read(row, number: index + 1) }
      guard !reading.accounts.isEmpty else { throw ReviewRefusal.noAccounts }
      guard reading.accounts.count <= AccountSheet.mostRows else { throw ReviewRefusal.tooManyRows }
      (accounts, refused) = (reading.accounts, reading.refused)
      return
    }
    throw ReviewRefusal.noColumn
  }

  /// The first row among thirty that names the account and something else.
  private static func head(of rows: [[Cell]]) -> (row: Int, places: [Column: Int])? {
    for (index, row) in rows.prefix(30).enumerated() {
      var places: [Column: Int] = [:]
      for (place, cell) in row.enumerated() {
        guard let column = columns[cell.text.searchable], places[column] == nil else { continue }
        places[column] = place
      }
      if places[.account] != nil && places.count > 1 { return (index, places) }
    }
    return nil
  }
}

/// Row by row; what cannot be read is kept with its reason.
private struct Reading {
  private let places: [AccountSheet.Column: Int]
  var accounts: [ReviewedAccount] = []
  var refused: [AccountReview.RefusedLine] = []
  private var seen: Set<String> = []

  init(_ places: [AccountSheet.Column: Int]) { self.places = places }

  mutating func read(_ row: [Cell], number: Int) {
    func cell(_ column: AccountSheet.Column) -> Cell {
      places[column].flatMap { $0 < row.count ? row[$0] : nil } ?? .empty
    }
    func text(_ column: AccountSheet.Column, most: Int) -> String {
      let text = cell(column).text.replacing("\n", with: " ").trimmed
      return text.count > most ? text.prefix(most - 1) + "…" : text
    }
    guard row.contains(where: { !$0.text.trimmed.isEmpty }) else { return }
    let login = cell(.account).text.trimmed
    func refuse(_ reason: String, _ what: String) -> AccountReview.RefusedLine {
      AccountReview.RefusedLine(row: number, text: String(what.prefix(60)), reason: reason)
    }
    guard let account = login.trimmed(to: 1...100), !account.contains("\n") else {
      refused.append(refuse(login.isEmpty ? "noAccount" : "longAccount", login))
      return
    }
    var read = ReviewedAccount(account: account)
    guard !seen.contains(read.key) else {
      refused.append(refuse("twice", account))
      return
    }
    for (column, keep) in [
      (AccountSheet.Column.lastUsed, \ReviewedAccount.lastUsedOn), (.added, \.addedOn), (.left, \.leftOn),
    ] {
      switch ReadDay(cell(column)) {
      case .none: break
      case .day(let day): read[keyPath: keep] = day
      case .unreadable(let raw):
        refused.append(refuse("badDay", "\(account): \(raw)"))
        return
      }
    }
    seen.insert(read.key)
    read.name = text(.name, most: 80)
    read.department = text(.department, most: 80)
    read.role = text(.role, most: 300)
    read.kind = AccountWords.kind(text(.kind, most: 40))
    read.tellsUse = places[.lastUsed] != nil
    let factor = text(.factor, most: 40)
    read.hasFactor = factor.isEmpty ? nil : AccountWords.isYes(factor)
    read.isEnabled = AccountWords.isEnabled(
      text(.enabled, most: 40), text(.disabled, most: 40), control: text(.control, most: 20))
    let isStrong = read.kind == .privileged || ReviewedAccount.isStrong(read.role)
    read.strength = isStrong ? .privileged : .plain
    accounts.append(read)
  }
}

/// A day in a cell, in the forms that programs export.
enum ReadDay: Equatable {
  case none
  case day(Day)
  case unreadable(String)

  init(_ cell: Cell) {
    if case .day(let day) = cell {
      self = .day(day)
      return
    }
    let text = cell.text.trimmed
    let nothing = ["", "-", "なし", "無し", "未使用", "未ログオン", "未ログイン", "never", "null", "n/a", "0"]
    if nothing.contains(text.halfWidth.lowercased()) {
      self = .none
    } else if let day = Day.parse(text) {
      self = .day(day)
    } else if let ticks = Int64(text), ticks > 100_000_000_000_000_000 {
      // Active Directory: 100 ns since 1601; the largest number means never.
      self = ticks == .max ? .none : .day(Instant(milliseconds: ticks / 10_000 - 11_644_473_600_000).day)
    } else {
      self = .unreadable(text)
    }
  }
}

/// What cells say in words.
enum AccountWords {
  private static let kinds: [(ReviewedAccount.Kind, [String])] = [
    (.shared, ["共有", "共用", "shared", "グループ"]), (.emergency, ["緊急", "emergency", "break"]),
    (.service, ["サービス", "連携", "機器", "システム用", "service", "bot"]),
    (.vendor, ["事業者", "業者", "保守", "ベンダ", "委託", "vendor"]),
    (.privileged, ["特権", "管理", "admin", "privileged"]),
    (.personal, ["個人", "職員", "一般", "personal", "user", "human"]),
  ]

  static func kind(_ text: String) -> ReviewedAccount.Kind {
    let folded = text.searchable
    return kinds.first { $0.1.contains { folded.contains($0.searchable) } }?.0 ?? .unsaid
  }

  static func isYes(_ text: String) -> Bool {
    let yes = [
      "○", "◯", "〇", "有", "有り", "あり", "はい", "有効", "設定済", "設定済み", "登録済", "yes", "true", "1", "on", "enabled",
      "y",
    ]
    return yes.contains(text.halfWidth.lowercased())
  }

  /// An account is usable unless its row says otherwise: a word that is not known hides nothing.
  static func isEnabled(_ enabled: String, _ disabled: String, control: String) -> Bool {
    let no = [
      "×", "✕", "無効", "停止", "停止中", "利用停止", "不可", "削除", "削除済", "削除済み", "退職", "ロック", "いいえ", "no", "false", "0",
      "off", "disabled", "inactive", "locked", "suspended", "n",
    ]
    if no.contains(enabled.halfWidth.lowercased()) { return false }
    if isYes(disabled) || ["無効", "停止", "停止中", "disabled"].contains(disabled.halfWidth.lowercased()) {
      return false
    }
    // The second bit of the directory's flags: ACCOUNTDISABLE.
    if let flags = Int(control), flags & 2 != 0 { return false }
    return true
  }
}
