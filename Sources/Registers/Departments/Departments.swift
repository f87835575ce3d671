import Storage
public import Web

private typealias Text = DepartmentText

/// The departments (部署) of a facility: who leads them and how to reach them.
public enum Departments {
  public static let register = Register(
    "departments", table: "department", name: Word(Text.registerName), noun: Word(Text.noun),
    counted: { language, count in Texts<DepartmentText>(language)(count == 1 ? .countOne : .count, count) },
    emptyText: Word(Text.empty), fields: fields, findings: findings)

  public static var catalog: Catalog { DepartmentText.catalog }

  private static let fields: [Field] = [
    Field(
      "name", "name", .text(60), Word(Text.name),
      headings: ["部署", "部門", "部門名", "名称", "課名", "Department", "Section"], required: true, title: true,
      listed: true, searched: true),
    Field(
      "location", "location", .text(60), Word(Text.location), hint: Word(Text.locationHint),
      headings: ["所在", "棟", "階", "設置場所", "Floor", "Building"], listed: true, bulk: true, searched: true),
    Field(
      "head", "head_id", .person, Word(Text.head),
      headings: ["責任者", "部門長", "所属長", "代表者", "Manager"], listed: true, bulk: true),
    Field(
      "phone", "phone", .text(40), Word(Text.phone),
      headings: ["電話番号", "内線", "内線番号", "TEL", "Extension"], listed: true),
    Field(
      "note", "note", .lines(1000), Word(Text.note), hint: Word(Text.noteHint),
      headings: ["メモ", "摘要", "コメント", "特記事項", "Notes", "Remarks", "Comment"]),
  ]

  private static let findings: [Finding] = [
    .when("headMissing", Word(Text.headMissing)) { !$0.has("head") }
  ]
}

/// Words of the register of departments.
enum DepartmentText: String, TextKey {
  case registerName, noun, count, countOne, empty, name, location, locationHint, head, phone, note
  case noteHint, headMissing

  static let catalog = Catalog(DepartmentText.self, in: .module, folder: "Departments.files")
}
