import Kernel
import Storage
public import Web

private typealias Text = VendorText

/// The vendors (事業者) of a facility and how to reach them, at night too.
public enum Vendors {
  public static let register = Register(
    "vendors", table: "vendor", name: Word(Text.registerName), noun: Word(Text.noun),
    counted: { language, count in Texts<VendorText>(language)(count == 1 ? .countOne : .count, count) },
    emptyText: Word(Text.empty), fields: contacts + checks, findings: findings)

  public static var catalog: Catalog { VendorText.catalog }

  private static let contacts: [Field] = [
    Field(
      "name", "name", .text(80), Word(Text.name),
      headings: [
        "事業者", "名称", "会社名", "業者", "業者名", "取引先", "取引先名", "ベンダー", "ベンダー名", "ベンダ", "ベンダ名", "委託先",
        "委託先名", "Vendor", "Vendor Name", "Company", "Company Name", "Supplier",
      ], required: true, title: true, listed: true, searched: true),
    Field(
      "kind", "kind", .choice(kinds), Word(Text.kind),
      headings: ["区分", "種別", "分類", "Type", "Category"], listed: true, filter: true, bulk: true),
    Field(
      "status", "status", .choice(statuses), Word(Text.status), hint: Word(Text.statusHint),
      headings: ["状態", "取引状態", "取引の状態", "State"], filter: true, bulk: true),
    Field(
      "contactPerson", "contact_person", .text(80), Word(Text.contactPerson),
      headings: ["担当者", "担当者名", "窓口", "窓口担当", "窓口担当者", "営業担当", "Contact", "Contact Name"], listed: true,
      searched: true),
    Field(
      "phone", "phone", .text(40), Word(Text.phone),
      headings: ["電話", "電話番号", "TEL", "平日の電話", "Phone", "Phone Number", "Telephone"], listed: true,
      searched: true),
    Field(
      "nightPhone", "night_phone", .text(40), Word(Text.nightPhone),
      headings: ["夜間電話", "夜間の電話", "夜間連絡先", "夜間・休日", "時間外連絡先", "Night Phone", "After-hours Phone"],
      listed: true, searched: true),
    Field(
      "email", "email", .text(100), Word(Text.email),
      headings: ["メールアドレス", "電子メール", "Eメール", "E-mail", "Mail", "Email Address"], searched: true),
    Field(
      "emergencyContact", "emergency_contact", .text(120), Word(Text.emergencyContact),
      hint: Word(Text.emergencyContactHint),
      headings: ["緊急連絡先", "緊急時の連絡先", "緊急時連絡先", "障害時連絡先"], searched: true),
  ]

  private static let checks: [Field] = [
    Field(
      "contactsCheckedOn", "contacts_checked_on", .day, Word(Text.contactsCheckedOn),
      hint: Word(Text.contactsCheckedOnHint),
      headings: ["連絡先確認日", "連絡先の確認日", "確認日", "最終確認日", "Last Checked"], listed: true, bulk: true),
    Field(
      "nextCheckOn", "next_check_on", .day, Word(Text.nextCheckOn), headings: ["次回確認日", "Next Check"],
      bulk: true),
    Field(
      "certifications", "certifications", .text(200), Word(Text.certifications),
      hint: Word(Text.certificationsHint),
      headings: ["取得認証", "認証取得", "認証資格", "第三者認証", "Certification"]),
    Field(
      "certificationEndsOn", "certification_ends_on", .day, Word(Text.certificationEndsOn),
      headings: ["認証期限", "認証有効期限", "認証の有効期限", "Certification Expiry"]),
    Field(
      "subcontractors", "subcontractors", .lines(1000), Word(Text.subcontractors),
      hint: Word(Text.subcontractorsHint), headings: ["再委託先名", "再委託", "再委託先一覧", "Subcontractor"]),
    Field(
      "note", "note", .lines(1000), Word(Text.note), hint: Word(Text.noteHint),
      headings: ["メモ", "摘要", "コメント", "特記事項", "Notes", "Remarks", "Comment"]),
    Field(
      "certificateEndsOn", "certificate_ends_on", .day, Word(Text.certificateEndsOn), derived: true),
  ]

  private static let statuses: [Field.Choice] = [
    Field.Choice("active", Word(Text.active)), Field.Choice("former", Word(Text.former)),
  ]

  private static let kinds: [Field.Choice] = [
    Field.Choice("ehr", Word(Text.ehr)), Field.Choice("departmental", Word(Text.departmental)),
    Field.Choice("medical-device", Word(Text.medicalDevice)), Field.Choice("network", Word(Text.network)),
    Field.Choice("cloud", Word(Text.cloud)), Field.Choice("other", Word(Text.other)),
  ]

  /// A vendor that is kept only for the record asks for nothing.
  private static let findings: [Finding] = [
    .when("noNightContact", Word(Text.noNightContact)) {
      works($0) && !$0.has("nightPhone") && !$0.has("emergencyContact")
    },
    // More than a year ago; a vendor whose contacts nobody has checked yet is no better.
    Finding("contactsUnchecked", Word(Text.contactsUnchecked)) { entry in
      works(entry) ? entry.day("contactsCheckedOn")?.adding(days: 366) ?? Finding.always : nil
    },
    .from(1, after: "nextCheckOn", "checkOverdue", Word(Text.checkOverdue), if: works),
    Finding("certificationNear", Word(Text.certificationNear)) {
      works($0) ? firstExpiry(of: $0)?.adding(days: -Notices.lead) : nil
    } ends: {
      firstExpiry(of: $0)?.adding(days: 1)
    },
    Finding("certificationEnded", Word(Text.certificationEnded)) {
      works($0) ? firstExpiry(of: $0)?.adding(days: 1) : nil
    },
  ]

  @Sendable static func works(_ entry: Entry) -> Bool { !entry.is("status", "former") }

  /// The day on which the first of a vendor's certifications ends; that of the one line of text while none is an entry.
  @Sendable static func firstExpiry(of entry: Entry) -> Day? {
    entry.day("certificateEndsOn") ?? entry.day("certificationEndsOn")
  }
}
