import Kernel
import Storage
import Web

private typealias Text = PeopleText

extension People {
  /// The people (人) of a facility as a register: who they are, and how to reach them by day and by night.
  ///
  /// It stands on the table of this slice. What a person may do, and their account, are not changed through it.
  public static let register = Register(
    "people", table: "person", name: Word(Text.registerName), noun: Word(Text.noun),
    counted: { language, count in Texts<PeopleText>(language)(count == 1 ? .peopleOne : .people, count) },
    emptyText: Word(Text.registerEmpty), fields: fields, findings: findings,
    sharing: SharedTable(
      subject: "person", inserted: [("role", "'staff'")], kept: "account_id IS NOT NULL",
      keptRefusal: .signsIn))

  private static let fields: [Field] = [
    Field(
      "name", "name", .text(40), Word(Text.name), hint: Word(Text.nameHint),
      headings: ["名前", "職員名", "担当者", "担当者名", "フルネーム", "Full Name", "Person", "Staff Name"], required: true,
      title: true, listed: true, searched: true),
    Field(
      "department", "department", .text(40), Word(Text.department),
      headings: ["部門", "所属", "所属部署", "課", "Section", "Division"], listed: true, bulk: true, searched: true,
      neverNull: true),
    Field(
      "job", "job", .text(40), Word(Text.job), hint: Word(Text.jobHint),
      headings: ["役職名", "職位", "肩書", "Title", "Position"], listed: true, searched: true),
    Field(
      "phoneDay", "phone_day", .text(40), Word(Text.phoneDay), hint: Word(Text.phoneDayHint),
      headings: ["電話", "電話番号", "内線", "内線番号", "平日の電話", "TEL", "Phone", "Extension"], listed: true),
    Field(
      "phoneNight", "phone_night", .text(40), Word(Text.phoneNight), hint: Word(Text.phoneNightHint),
      headings: ["夜間電話", "夜間の電話", "夜間連絡先", "携帯", "携帯電話", "緊急連絡先", "Night Phone", "Mobile"], listed: true),
    Field(
      "mail", "mail", .text(100), Word(Text.mail),
      headings: ["メールアドレス", "電子メール", "Eメール", "E-mail", "Email Address"]),
    Field(
      "leftOn", "left_on", .day, Word(Text.leftOn), hint: Word(Text.leftOnHint),
      headings: ["離職日", "退職年月日", "最終出勤日", "Left On", "Leaving Date"], bulk: true),
    Field(
      "testedOn", "tested_on", .day, Word(Text.testedOn), hint: Word(Text.testedOnHint),
      headings: ["連絡確認日", "連絡先確認日", "確認日", "最終確認日", "Last Checked"], listed: true, bulk: true),
    Field(
      "note", "note", .lines(1000), Word(Text.note), hint: Word(Text.noteHint),
      headings: ["メモ", "摘要", "コメント", "特記事項", "Notes", "Remarks", "Comment"]),
  ]

  /// Most people stand in the register only as owners of work; a number that is written must also work.
  private static let findings: [Finding] = [
    .when("untested", Word(Text.untested)) { $0.hasNumber && !$0.has("testedOn") },
    .from(
      ContactTests.days + 1, after: "testedOn", "testedLongAgo", Word(Text.testedLongAgo),
      if: { $0.hasNumber }),
  ]
}

/// When a number counts as known to work.
enum ContactTests {
  /// Days after which a number in the facility's own chart is to be called again: a proposal of this program, no rule
  /// of an authority. Vendors' contacts have a year.
  static let days = 90
}

extension Entry {
  /// Whether a number of its own is written, by day or by night.
  var hasNumber: Bool { has("phoneDay") || has("phoneNight") }
}
