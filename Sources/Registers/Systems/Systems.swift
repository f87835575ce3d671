import Storage
public import Web

private typealias Text = SystemText

/// The systems (業務システム) that a facility works with: what they are for, who answers for them, what happens without them.
public enum Systems {
  public static let register = Register(
    "systems", table: "system", name: Word(Text.registerName), noun: Word(Text.noun),
    counted: { language, count in Texts<SystemText>(language)(count == 1 ? .countOne : .count, count) },
    emptyText: Word(Text.empty), fields: work + recovery, findings: findings,
    rules: [.differ("owner", "deputy"), .differ("vendor", "otherVendor")])

  public static var catalog: Catalog { SystemText.catalog }

  private static let work: [Field] = [
    Field(
      "name", "name", .text(80), Word(Text.name), hint: Word(Text.nameHint),
      headings: ["システム", "業務システム", "業務システム名", "名称", "System Name", "System"], required: true, title: true,
      listed: true, searched: true),
    Field(
      "purpose", "purpose", .text(200), Word(Text.purpose),
      headings: ["目的", "利用目的", "業務内容", "概要", "Description"], searched: true),
    Field(
      "impact", "impact", .choice(impacts), Word(Text.impact),
      headings: ["停止時の影響", "影響", "Impact"], listed: true, filter: true, bulk: true),
    Field(
      "owner", "owner_id", .person, Word(Text.owner),
      headings: ["担当者", "担当者名", "主担当", "管理者", "責任者", "System Owner"], listed: true, bulk: true),
    Field(
      "deputy", "deputy_id", .person, Word(Text.deputy), hint: Word(Text.deputyHint),
      headings: ["副担当者", "代理", "代理者"], listed: true, bulk: true),
    Field(
      "users", "users", .text(100), Word(Text.users), hint: Word(Text.usersHint),
      headings: ["利用部署", "利用部門", "使用部署", "利用者", "使用者"], searched: true),
    Field(
      "vendor", "vendor_id", .entry(of: "vendors", table: "vendor", title: "name"), Word(Text.vendor),
      headings: ["事業者", "事業者名", "業者", "業者名", "保守業者", "保守会社", "ベンダー", "ベンダ", "委託先", "Vendor", "Supplier"],
      listed: true, bulk: true),
    Field(
      "otherVendor", "other_vendor_id", .entry(of: "vendors", table: "vendor", title: "name"),
      Word(Text.otherVendor), hint: Word(Text.otherVendorHint),
      headings: ["別の事業者", "副の事業者", "その他の事業者", "Second Vendor"]),
    Field(
      "hosting", "hosting", .choice(places), Word(Text.hosting), hint: Word(Text.hostingHint),
      headings: ["設置形態", "提供形態", "利用形態"], listed: true, filter: true, bulk: true),
    Field(
      "readerPattern", "reader_pattern", .choice(patterns), Word(Text.readerPattern),
      hint: Word(Text.readerPatternHint), headings: ["パターン", "Pattern"], bulk: true),
    Field(
      "twoFactor", "two_factor", .choice(factors), Word(Text.twoFactor), hint: Word(Text.twoFactorHint),
      headings: ["2要素認証", "多要素認証", "二要素認証の有無", "MFA", "2FA", "Two-factor", "Multi-factor Authentication"],
      bulk: true),
    Field(
      "twoFactorOn", "two_factor_on", .day, Word(Text.twoFactorOn), hint: Word(Text.twoFactorOnHint),
      headings: ["二要素認証の開始日", "Two-factor Since"], bulk: true),
  ]

  private static let recovery: [Field] = [
    Field(
      "recoveryPriority", "recovery_priority", .number(1...3), Word(Text.recoveryPriority),
      hint: Word(Text.recoveryPriorityHint),
      headings: ["復旧の順番", "復旧優先度", "復旧優先順位", "優先順位", "Recovery Priority"], listed: true, bulk: true),
    Field(
      "recoveryHours", "recovery_hours", .number(0...8760), Word(Text.recoveryHours),
      hint: Word(Text.recoveryHoursHint),
      headings: ["目標復旧時間", "復旧目標時間", "RTO", "RTO(時間)", "Recovery Time Objective"], bulk: true),
    Field(
      "recoveryPointHours", "recovery_point_hours", .number(0...8760), Word(Text.recoveryPointHours),
      hint: Word(Text.recoveryPointHoursHint),
      headings: ["目標復旧時点", "復旧目標時点", "RPO", "RPO(時間)", "Recovery Point Objective"], bulk: true),
    Field(
      "alternative", "alternative", .lines(1000), Word(Text.alternative), hint: Word(Text.alternativeHint),
      headings: ["代替手段", "代替方法", "紙での運用", "停止時の運用", "Alternative", "Workaround"]),
    Field(
      "standards", "standards", .text(200), Word(Text.standards), hint: Word(Text.standardsHint),
      headings: ["準拠規格", "対応規格", "標準規格", "準拠する標準", "Standards", "Conformance"], bulk: true),
    Field(
      "replacementOn", "replacement_on", .day, Word(Text.replacementOn),
      headings: ["更新予定日", "更改予定日", "入替予定日", "リプレース予定日", "Replacement Date"]),
    Field(
      "nextCheckOn", "next_check_on", .day, Word(Text.nextCheckOn), hint: Word(Text.nextCheckOnHint),
      headings: ["次回確認日", "次回点検日", "次回見直し日", "Next Check"], bulk: true),
    Field(
      "note", "note", .lines(1000), Word(Text.note), hint: Word(Text.noteHint),
      headings: ["メモ", "摘要", "コメント", "特記事項", "Notes", "Remarks", "Comment"]),
  ]

  private static let impacts: [Field.Choice] = [
    Field.Choice("stops", Word(Text.stops), .bad), Field.Choice("delays", Word(Text.delays), .warn),
    Field.Choice("office", Word(Text.office)), Field.Choice("small", Word(Text.small)),
  ]
  private static let places: [Field.Choice] = [
    Field.Choice("on-premises", Word(Text.onPremises)), Field.Choice("data-center", Word(Text.dataCenter)),
    Field.Choice("cloud", Word(Text.cloud)), Field.Choice("mixed", Word(Text.mixed)),
  ]
  private static let factors: [Field.Choice] = [
    Field.Choice("yes", Word(Text.factorAll)), Field.Choice("partly", Word(Text.factorSome), .warn),
    Field.Choice("no", Word(Text.factorNone), .bad),
  ]
  /// The four ways of reading the ministry's guidelines, edition 6.0: by whether someone works for the systems alone, and where they run.
  private static let patterns: [Field.Choice] = [
    Field.Choice("I", Word(Text.patternOne)), Field.Choice("II", Word(Text.patternTwo)),
    Field.Choice("III", Word(Text.patternThree)), Field.Choice("IV", Word(Text.patternFour)),
  ]

  private static let findings: [Finding] = [
    .when("ownerMissing", Word(Text.ownerMissing)) { !$0.has("owner") },
    .when("deputyMissing", Word(Text.deputyMissing)) { !$0.has("deputy") },
    .when("alternativeMissing", Word(Text.alternativeMissing)) { !$0.has("alternative") },
    .when("patternMismatch", Word(Text.patternMismatch)) { isOtherForm($0) },
    .from(1, after: "nextCheckOn", "checkOverdue", Word(Text.checkOverdue)),
  ]

  /// Whether the reading pattern is one for the other form. Systems on site and in the cloud at once may take either.
  private static func isOtherForm(_ entry: Entry) -> Bool {
    let isCloudPattern = entry.is("readerPattern", "II") || entry.is("readerPattern", "IV")
    guard entry.has("readerPattern") else { return false }
    return isCloudPattern ? entry.is("hosting", "on-premises") : entry.is("hosting", "cloud")
  }
}
