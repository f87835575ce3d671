import Foundation
import Frameworks

/// Libraries written for the tests, with every irregularity that is known from real ones.
enum Samples {
  static func read(_ text: String, named name: String = "a.yaml") throws -> LibraryFile {
    try LibraryFile.read(Array(text.utf8), named: name)
  }

  static func library(
    urn: String = "urn:test:risk:library:a", version: String = "1", head: String = "", objects: String
  ) -> String {
    """
    urn: \(urn)
    locale: en
    ref_id: a
    name: A
    description: made up
    packager: test
    publication_date: 2026-04-01
    version: \(version)
    \(head)objects:
    \(objects)
    """
  }

  /// A framework; `nodes` are lines below `requirement_nodes`, six blanks in.
  static func framework(_ nodes: String, more: String = "", version: String = "1", head: String = "")
    -> String
  {
    library(
      version: version, head: head,
      objects: """
          framework:
            urn: urn:test:risk:framework:a
            ref_id: a
            name: Framework
            description: made up
        \(more)    requirement_nodes:
        \(nodes)
        """)
  }

  static let plainNode = """
        - urn: urn:test:risk:req_node:a:1
          assessable: true
          depth: 1
          ref_id: '1'
          name: One
    """
}
