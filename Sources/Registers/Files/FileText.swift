import Web

/// Words of the files beside records.
enum FileText: String, TextKey {
  case title, none, add, file, fileHint, withdraw, reason, kilobytes

  static let catalog = Catalog(FileText.self, in: .module, folder: "Files.files")
}
