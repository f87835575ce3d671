import Crypto

/// One file as it was read: the library, what is irregular in it, and the tree that is stored.
public struct LibraryFile: Sendable {
  public let name: String
  public let library: Library
  public var remarks: Remarks
  public let tree: Tree
  /// Of the bytes of the file, in lower-case hexadecimal.
  public let sha256: String

  /// What the file was; other files of the same run may rest on it.
  public let form: Form

  public enum Form: Sendable, Equatable {
    case yaml
    case workbook(URNMode)
    case oscal
  }

  /// A document on which an OSCAL profile rests.
  public enum Beside: Sendable {
    case file([UInt8])
    /// As it is stored here, with the SHA-256 of its file.
    case stored(body: [UInt8], sha256: String)
  }

  /// Reads a library in YAML, a workbook in the second Excel form, or a catalog or profile of OSCAL in JSON.
  ///
  /// - Parameters:
  ///   - beside: documents by the stem of their file's name, for profiles.
  ///   - urns: how a workbook's rows are named.
  /// - Throws: ``FrameworkProblem``, or `SheetProblem` for a workbook.
  public static func read(
    _ bytes: [UInt8], named name: String, beside: [String: Beside] = [:], urns: URNMode = .current,
    limits: LibraryLimits = .standard
  ) throws -> LibraryFile {
    guard bytes.count <= limits.fileBytes else {
      throw FrameworkProblem.tooLarge(file: name, megabytes: limits.fileBytes >> 20)
    }
    let reading = Reading()
    var form = Form.yaml
    var tree: Tree
    var marks = Array(SHA256.hash(data: bytes))
    if bytes.starts(with: [0x50, 0x4B, 3, 4]) {
      form = .workbook(urns)
      tree = try LibraryWorkbook.tree(of: bytes, named: name, urns, reading)
      // The same sheets named in another way are another library: answers hang on names.
      if urns != .current {
        marks = Array(SHA256.hash(data: Array("\(marks.hexadecimal) urn-mode \(urns.rawValue)".utf8)))
      }
    } else {
      tree = try values(of: bytes, named: name, reading, limits)
    }
    reading.lookAtTexts(of: tree)
    if let document = try reading.oscal(tree, named: name) {
      form = .oscal
      reading.lookAtShape(of: tree.root, isJSON: JSONReader.isJSON(bytes))
      let (sources, others) = try documents(beside, name)
      tree = try library(of: document, tree, named: name, sources, reading)
      // What a profile comes to depends on its sources: another catalog makes it another library.
      if case .profile = document, !others.isEmpty {
        marks = Array(SHA256.hash(data: Array((marks.hexadecimal + others.joined()).utf8)))
      }
    } else if JSONReader.isJSON(bytes), !tree.root.isMap || tree.root["objects"] == nil {
      throw FrameworkProblem.notOSCAL(file: name)
    }
    let library = try reading.library(tree, named: name)
    return LibraryFile(
      name: name, library: library, remarks: reading.remarks, tree: tree, sha256: marks.hexadecimal,
      form: form)
  }

  private static func values(
    of bytes: [UInt8], named name: String, _ reading: Reading, _ limits: LibraryLimits
  ) throws -> Tree {
    let isJSON = JSONReader.isJSON(bytes)
    let read = try bytes.withUnsafeBufferPointer {
      try isJSON
        ? JSONReader.read($0, named: name, limits: limits) : YAMLReader.read($0, named: name, limits: limits)
    }
    for remark in read.remarks { reading.remarks.add(remark) }
    if !isJSON, bytes.contains(0x0D) { reading.remarks.add(.crlf, "", line: 0) }
    return read.tree
  }

  /// The documents beside a profile, and the fingerprints of all of them.
  private static func documents(_ beside: [String: Beside], _ file: String) throws -> (
    [String: OSCAL.Document], [String]
  ) {
    var documents: [String: OSCAL.Document] = [:]
    var marks: [String] = []
    for (stem, one) in beside.sorted(by: { $0.key < $1.key }) {
      // Remarks on a source belong to its own file.
      let reading = Reading()
      let found: OSCAL.Document?
      switch one {
      case .file(let bytes):
        found = try reading.oscal(try values(of: bytes, named: stem, reading, .standard), named: stem)
        marks.append(SHA256.hash(data: bytes).hexadecimal)
      case .stored(let body, let sha256):
        do {
          found = try TreeBlob.tree(from: body).root["oscal"].flatMap {
            try reading.oscal($0.apart, named: stem)
          }
        } catch is TreeBlob.Damaged { throw FrameworkProblem.damaged(library: stem) }
        marks.append(sha256)
      }
      documents[stem] = found
    }
    return (documents, marks)
  }

  private static func library(
    of document: OSCAL.Document, _ original: Tree, named file: String, _ sources: [String: OSCAL.Document],
    _ reading: Reading
  ) throws(FrameworkProblem) -> Tree {
    let days = ([document] + sources.values).compactMap(\.head.modified).filter {
      OSCALLibrary.number(of: $0) != nil
    }
    let newest = days.max { $0.prefix(10) < $1.prefix(10) }
    if newest == nil { reading.remarks.add(.noDate, "last-modified", line: 0) }
    let catalog: OSCAL.Catalog
    var isProfile = false
    switch document {
    case .catalog(let found): catalog = found
    case .profile(let profile):
      let name = OSCALResolution.stem(of: file)
      let resolution = OSCALResolution(reading: reading, file: file, beside: sources)
      catalog = try resolution.catalog(profile, way: [name])
      isProfile = true
      for source in sources.values.map(\.head).sorted(by: { $0.title < $1.title }) {
        let day = source.modified.map { " \($0.prefix(10))" } ?? ""
        reading.remarks.add(.restsOn, source.title + day, line: 0)
      }
    }
    let library = OSCALLibrary(catalog, isProfile: isProfile, modified: newest, original: original, reading)
    let tree = library.tree()
    guard !reading.isSpent else {
      throw .tooManyValues(file: file, line: 0, limit: LibraryLimits.standard.values)
    }
    return tree
  }

  /// By which a profile finds it: the name of its file without the ending.
  public var stem: String { LibraryFile.stem(of: name) }
  public static func stem(of name: String) -> String { OSCALResolution.stem(of: name) }

  /// How many maps, lists and scalars a YAML file holds; reads the YAML and nothing of what it means.
  ///
  /// - Throws: ``FrameworkProblem``.
  public static func countOfValues(_ bytes: [UInt8], named name: String) throws -> Int {
    try bytes.withUnsafeBufferPointer { try YAMLReader.read($0, named: name).tree.count }
  }

  /// What is stored of it.
  public var blob: [UInt8] { TreeBlob.bytes(of: tree) }

  /// The library of a stored blob.
  ///
  /// - Throws: ``FrameworkProblem/damaged(library:)``.
  public static func library(from blob: [UInt8], named name: String) throws(FrameworkProblem) -> Library {
    do { return try Reading().library(TreeBlob.tree(from: blob), named: name) } catch {
      throw .damaged(library: name)
    }
  }

  /// The same library as a YAML file.
  public static func yaml(from blob: [UInt8], named name: String) throws(FrameworkProblem) -> String {
    do { return YAMLWriter.text(of: try TreeBlob.tree(from: blob).without("oscal")) } catch {
      throw .damaged(library: name)
    }
  }
}

extension Tree {
  /// The same without one entry of the outermost map.
  fileprivate func without(_ key: StaticString) -> Tree {
    guard root[key] != nil else { return self }
    var builder = TreeBuilder(expecting: bytes.count)
    builder.map { top in
      for (name, value) in root.pairs where !name.holds(key) {
        top.graft(name)
        top.graft(value)
      }
    }
    return builder.tree()
  }
}

extension Value {
  /// This place and what is below it, as a tree of its own.
  fileprivate var apart: Tree {
    var builder = TreeBuilder()
    builder.graft(self)
    return builder.tree()
  }
}

extension [UInt8] {
  fileprivate var hexadecimal: String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}

extension SHA256.Digest {
  var hexadecimal: String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}

extension Reading {
  private static let topKeys: [StaticString] = [
    "urn", "locale", "ref_id", "name", "description", "provider", "packager", "version", "objects",
    "publication_date", "copyright", "convert_library_version", "dependencies", "translations", "labels",
    "annotation", "oscal",
  ]
  private static let objectKeys: [StaticString] = [
    "framework", "frameworks", "threats", "reference_controls", "risk_matrix", "risk_matrices",
    "requirement_mapping_set", "requirement_mapping_sets", "metric_definitions", "ttp_catalogs",
    "ttp_catalog",
    "tactics", "techniques", "preset", "presets", "workflows",
  ]

  /// - Throws: ``FrameworkProblem``.
  func library(_ tree: Tree, named file: String) throws(FrameworkProblem) -> Library {
    let top = tree.root
    guard top.isMap, let objects = top["objects"], objects.isMap else { throw .notALibrary(file: file) }
    guard let urn = urn(top, at: "urn") else { throw .missing(file: file, key: "urn") }
    expect(Reading.topKeys, in: top)
    for key in ["locale", "ref_id", "name"] as [StaticString] where isNull(top[key]) {
      remarks.add(.missingKey, "\(key)", line: top.line)
    }
    let packager = text(top, at: "packager")
    if let packager, packager.lowercased() != URN.packager(urn).lowercased() {
      remarks.add(.foreignPackager, packager, line: top["packager"]?.line ?? 0)
    }
    var library = Library(
      urn: urn, locale: text(top, at: "locale") ?? "en", refID: text(top, at: "ref_id"),
      name: text(top, at: "name") ?? urn, description: text(top, at: "description"),
      copyright: text(top, at: "copyright"), version: try version(top, file),
      published: date(top["publication_date"]), provider: text(top, at: "provider"), packager: packager,
      dependencies: texts(top, at: "dependencies"), labels: texts(top, at: "labels"),
      annotation: text(top, at: "annotation"), translations: translations(top))
    expect(Reading.objectKeys, in: objects)
    take(objects, into: &library)
    try check(&library, file)
    return library
  }

  private func take(_ objects: Value, into library: inout Library) {
    library.frameworks = list(objects, at: "framework", or: "frameworks").compactMap(framework)
    library.mappingSets = list(objects, at: "requirement_mapping_set", or: "requirement_mapping_sets")
      .compactMap(mappingSet)
    library.referenceControls = list(objects, at: "reference_controls").compactMap(referenceControl)
    library.threats = list(objects, at: "threats").compactMap(threat)
    library.matrices = list(objects, at: "risk_matrix", or: "risk_matrices").compactMap(matrix)
    library.metrics = list(objects, at: "metric_definitions").compactMap(metric)
    library.catalogs = list(objects, at: "ttp_catalog", or: "ttp_catalogs").compactMap(catalog)
    library.tactics = list(objects, at: "tactics").compactMap(tactic)
    library.techniques = list(objects, at: "techniques").compactMap(technique)
    library.presets = list(objects, at: "preset", or: "presets").compactMap(preset)
  }

  private func list(_ map: Value, at one: StaticString, or many: StaticString) -> [Value] {
    if map[one] != nil, let second = map[many] { remarks.add(.bothSpellings, "\(many)", line: second.line) }
    return list(map, at: one) + list(map, at: many)
  }

  private func version(_ top: Value, _ file: String) throws(FrameworkProblem) -> Int {
    guard let value = top["version"], !isNull(value) else { throw .missing(file: file, key: "version") }
    // CISO Assistant keeps 32 bits; a number without bound would make every later version an older one.
    guard let number = Int(value.raw), (0...Int(Int32.max)).contains(number) else {
      throw .badVersion(file: file, text: String(value.raw.prefix(40)))
    }
    if value.isQuoted { remarks.add(.quotedVersion, value.raw, line: value.line) }
    return number
  }

  private func date(_ value: Value?) -> String? {
    guard let value else { return nil }
    guard !isNull(value) else {
      remarks.add(.noDate, "publication_date", line: value.line)
      return nil
    }
    if value.isQuoted { remarks.add(.quotedDate, value.raw, line: value.line) }
    return value.raw
  }
}
