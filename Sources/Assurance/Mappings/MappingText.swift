import Web

/// Words of carrying answers over mapping sets.
enum MappingText: String, TextKey {
  case title, lead, choose, source, year, way, noSource, noSourceText, fromTo, previewLead, carried
  case answered, questions, silent, lines, target, becomes, link, carry, nothing, nothingText
  case sameFramework, look, backwards

  static let catalog = Catalog(MappingText.self, in: .module, folder: "Mappings.files")
}
