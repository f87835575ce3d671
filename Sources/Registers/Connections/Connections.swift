import Storage
public import Web

private typealias Text = ConnectionText

/// The outside connection points (外部接続点) of a facility: every way by which someone outside can come in.
public enum Connections {
  public static let register = Register(
    "connections", table: "connection_point", name: Word(Text.registerName), noun: Word(Text.noun),
    counted: { language, count in Texts<ConnectionText>(language)(count == 1 ? .countOne : .count, count) },
    emptyText: Word(Text.empty), fields: identity + support + access + checks, findings: findings)

  public static var catalog: Catalog { ConnectionText.catalog }

  private static let identity: [Field] = [
    Field(
      "number", "number", .text(40), Word(Text.number), hint: Word(Text.numberHint),
      headings: ["資産管理番号", "接続番号", "回線番号", "管理No", "管理No.", "Connection Number", "Connection ID"],
      required: true, listed: true, searched: true),
    Field(
      "name", "name", .text(80), Word(Text.name),
      headings: ["名称", "接続名", "接続点", "外部接続点", "機器名", "回線名", "Connection Name"], required: true, title: true,
      listed: true, searched: true),
    Field(
      "kind", "kind", .choice(kinds), Word(Text.kind), hint: Word(Text.kindHint),
      headings: ["区分", "種別", "接続種別", "接続方法", "接続方式", "Type", "Category"], listed: true, filter: true,
      bulk: true),
    Field(
      "status", "status", .choice(statuses), Word(Text.status),
      headings: ["使用状況", "利用状況", "状況", "State"], filter: true, bulk: true),
    Field(
      "device", "device_id", .entry(of: "devices", table: "device", title: "name"), Word(Text.device),
      hint: Word(Text.deviceHint), headings: ["接続機器", "使用機器", "対象機器"]),
    Field(
      "system", "system_id", .entry(of: "systems", table: "system", title: "name"), Word(Text.system),
      hint: Word(Text.systemHint), headings: ["システム名", "対象システム", "接続先システム", "つながるシステム", "System Name"],
      bulk: true),
    Field(
      "vendor", "vendor_id", .entry(of: "vendors", table: "vendor", title: "name"), Word(Text.vendor),
      hint: Word(Text.vendorHint),
      headings: ["事業者名", "業者", "業者名", "接続先", "接続元事業者", "保守業者", "保守会社", "ベンダー", "ベンダ", "委託先", "Vendor Name"],
      listed: true, bulk: true),
    Field(
      "purpose", "purpose", .text(200), Word(Text.purpose), hint: Word(Text.purposeHint),
      headings: ["目的", "接続目的", "利用目的", "使用目的", "Use"], searched: true),
  ]

  private static let support: [Field] = [
    Field(
      "owned", "owned", .choice(owners), Word(Text.owned),
      headings: ["所有", "所有区分", "Ownership"], bulk: true),
    Field(
      "updatedBy", "updated_by", .choice(updaters), Word(Text.updatedBy), hint: Word(Text.updatedByHint),
      headings: ["更新担当", "更新責任", "アップデート担当", "パッチ適用担当", "Update Responsibility"], listed: true,
      filter: true, bulk: true),
    Field(
      "model", "model", .text(60), Word(Text.model),
      headings: ["機種名", "型番", "型式", "型名", "モデル", "モデル名", "製品名", "Model Name", "Product Name"], searched: true),
    Field(
      "firmware", "firmware", .text(60), Word(Text.firmware), hint: Word(Text.firmwareHint),
      headings: ["ファームウェア", "ファームウェア版", "ファームウェアバージョン", "バージョン", "版", "版数", "Firmware", "Version"],
      listed: true,
      bulk: true, searched: true),
    Field(
      "supportEndsOn", "support_ends_on", .day, Word(Text.supportEndsOn), hint: Word(Text.supportEndsOnHint),
      headings: [
        "サポート終了", "サポート期限", "サポート終了予定日", "EOS", "EOSL", "EOL", "End of Support", "Support End Date",
      ],
      listed: true, bulk: true),
  ]

  /// Who may come in, from where, when.
  private static let access: [Field] = [
    Field(
      "allowedFrom", "allowed_from", .lines(1000), Word(Text.allowedFrom), hint: Word(Text.allowedFromHint),
      headings: ["接続元", "接続元IPアドレス", "接続元IP", "許可IPアドレス", "許可IP", "Allowed IP Addresses", "Source Addresses"]),
    Field(
      "twoFactor", "two_factor", .choice(yesNo), Word(Text.twoFactor), hint: Word(Text.twoFactorHint),
      headings: ["二要素認証の有無", "2要素認証", "多要素認証", "MFA", "2FA", "Two-factor", "Multi-factor Authentication"],
      listed: true, filter: true, bulk: true),
    Field(
      "hours", "hours", .choice(times), Word(Text.hours),
      headings: ["利用時間", "接続時間", "接続可能時間", "使用時間", "Access Hours"], bulk: true),
  ]

  private static let checks: [Field] = [
    Field(
      "checkedOn", "checked_on", .day, Word(Text.checkedOn), hint: Word(Text.checkedOnHint),
      headings: ["最終確認日", "最後の確認日", "点検日", "最終点検日", "Last Checked", "Last Check"], bulk: true),
    Field(
      "nextCheckOn", "next_check_on", .day, Word(Text.nextCheckOn),
      headings: ["次回確認日", "次回点検日", "Next Check"], bulk: true),
    Field(
      "note", "note", .lines(1000), Word(Text.note), hint: Word(Text.noteHint),
      headings: ["メモ", "摘要", "コメント", "特記事項", "Notes", "Remarks", "Comment"]),
  ]
}

extension Connections {
  private static let kinds: [Field.Choice] = [
    Field.Choice("vpn", Word(Text.vpn)), Field.Choice("router", Word(Text.router)),
    Field.Choice("modem", Word(Text.modem)), Field.Choice("remote-software", Word(Text.remoteSoftware)),
    Field.Choice("other", Word(Text.other)),
  ]
  private static let statuses: [Field.Choice] = [
    Field.Choice("in-use", Word(Text.inUse)), Field.Choice("suspended", Word(Text.suspended), .info),
    Field.Choice("removed", Word(Text.removed)),
  ]
  private static let owners: [Field.Choice] = [
    Field.Choice("own", Word(Text.own)), Field.Choice("vendor", Word(Text.byVendor)),
    Field.Choice("lease", Word(Text.lease)),
  ]
  private static let updaters: [Field.Choice] = [
    Field.Choice("own", Word(Text.own)), Field.Choice("vendor", Word(Text.byVendor)),
    Field.Choice("undecided", Word(Text.undecided), .bad),
  ]
  private static let yesNo: [Field.Choice] = [
    Field.Choice("yes", Word(Text.yes)), Field.Choice("no", Word(Text.no), .bad),
    Field.Choice("unknown", Word(Text.unknown), .bad),
  ]
  private static let times: [Field.Choice] = [
    Field.Choice("always", Word(Text.always), .warn), Field.Choice("working-hours", Word(Text.workingHours)),
    Field.Choice("on-request", Word(Text.onRequest)),
  ]
}
