import Storage
public import Web

private typealias Text = PlaceText

/// The places (場所) of a facility where servers, network equipment and keys are: who can open them.
public enum Places {
  public static let register = Register(
    "places", table: "place", name: Word(Text.registerName), noun: Word(Text.noun),
    counted: { language, count in Texts<PlaceText>(language)(count == 1 ? .countOne : .count, count) },
    emptyText: Word(Text.empty), fields: fields, findings: findings)

  public static var catalog: Catalog { PlaceText.catalog }

  private static let fields: [Field] = [
    Field(
      "name", "name", .text(60), Word(Text.name),
      headings: ["場所", "部屋", "部屋名", "室名", "名称", "設置場所", "Place", "Room", "Room Name"], required: true,
      title: true, listed: true, searched: true),
    Field(
      "building", "building", .text(40), Word(Text.building), headings: ["棟名", "建物", "建物名", "Building Name"],
      listed: true, bulk: true, searched: true),
    Field(
      "floor", "floor", .text(20), Word(Text.floor), headings: ["フロア", "階数", "Level", "Storey"], listed: true,
      bulk: true),
    Field(
      "head", "head_id", .person, Word(Text.head), hint: Word(Text.headHint),
      headings: ["管理者", "責任者", "担当", "担当者", "Manager", "Keeper"], listed: true, bulk: true),
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

/// Words of the register of places.
enum PlaceText: String, TextKey {
  case registerName, noun, count, countOne, empty, name, building, floor, head, headHint, phone, note
  case noteHint, headMissing

  static let catalog = Catalog(PlaceText.self, in: .module, folder: "Places.files")
}
