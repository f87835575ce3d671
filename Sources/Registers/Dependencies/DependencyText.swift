import Web

/// Words of the dependencies between systems.
enum DependencyText: String, TextKey {
  case needs, needsHint, why, whyHint, heading, none, add, addTitle, save, back, remove, removeOf
  case stops, stopsNone, stopsCount, through, map, saved, removed

  static let catalog = Catalog(DependencyText.self, in: .module, folder: "Dependencies.files")
}
