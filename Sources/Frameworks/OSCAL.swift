/// NIST's exchange format for controls, as far as frameworks need it: catalogs and profiles.
enum OSCAL {
  enum Document: Sendable {
    case catalog(Catalog)
    case profile(Profile)

    var head: Head {
      switch self {
      case .catalog(let catalog): catalog.head
      case .profile(let profile): profile.head
      }
    }
  }

  /// What every document says of itself.
  struct Head: Sendable {
    var title = ""
    var version: String?
    /// With its offset, as written.
    var modified: String?
    var published: String?
    var oscalVersion: String?
    /// A name that outlives a version, such as a DOI.
    var documentID: String?
    var provider: String?
    var remarks: String?
    /// By UUID in lower case.
    var resources: [String: Resource] = [:]
  }

  struct Resource: Sendable {
    let title: String?
    let links: [(href: String, mediaType: String?)]
    /// A document that the resource carries in itself.
    let embedded: String?
  }

  struct Property: Sendable {
    let name: String
    let value: String
    let kind: String?
    let namespace: String?
    let id: String?
  }

  struct Link: Sendable {
    let href: String
    let relation: String?
    let text: String?
    let line: Int
  }

  struct Parameter: Sendable {
    let id: String
    var label: String?
    var values: [String]
    var choices: [String]
    var kind: String?
    var guidelines: [String]
    var properties: [Property]
  }

  struct Part: Sendable {
    var id: String?
    var name: String
    var kind: String?
    var namespace: String?
    var title: String?
    var prose: String?
    var properties: [Property]
    var links: [Link]
    var parts: [Part]
    let line: Int
  }

  struct Control: Sendable {
    let id: String
    var kind: String?
    var title: String
    var parameters: [Parameter]
    var properties: [Property]
    var links: [Link]
    var parts: [Part]
    var controls: [Control]
    let line: Int

    /// Itself and all below it.
    var all: [Control] { [self] + controls.flatMap(\.all) }
  }

  struct Group: Sendable {
    let id: String?
    var title: String
    var parameters: [Parameter]
    var properties: [Property]
    var parts: [Part]
    var groups: [Group]
    var controls: [Control]
    let line: Int

    var all: [Control] { groups.flatMap(\.all) + controls.flatMap(\.all) }
    var isEmpty: Bool { controls.isEmpty && groups.allSatisfy(\.isEmpty) }
  }

  struct Catalog: Sendable {
    var head: Head
    var parameters: [Parameter] = []
    var groups: [Group] = []
    var controls: [Control] = []

    /// Every control, in the order of the document.
    var all: [Control] { groups.flatMap(\.all) + controls.flatMap(\.all) }
  }

  struct Profile: Sendable {
    var head: Head
    var imports: [Import] = []
    var structure = Structure.flat
    var combine = Combine.useFirst
    var settings: [(parameter: Parameter, line: Int)] = []
    var alters: [Alter] = []
  }

  /// One source of controls, and which of them.
  struct Import: Sendable {
    let href: String
    /// Nil for all.
    let include: [Choice]?
    let exclude: [Choice]
    let line: Int
  }

  struct Choice: Sendable {
    let ids: [(id: String, line: Int)]
    /// With `*` for any letters and `?` for one.
    let patterns: [(pattern: String, line: Int)]
    let withChildren: Bool
  }

  /// What becomes of a control that is chosen twice. Where a profile does not say, it is one requirement: the first holds.
  enum Combine: String, Sendable {
    case useFirst = "use-first"
    case merge, keep
  }

  /// How the chosen controls are put together.
  enum Structure: Sendable {
    case flat, asIs
    case custom(groups: [CustomGroup], loose: [Insertion])
  }

  struct CustomGroup: Sendable {
    let id: String?
    let title: String
    let groups: [CustomGroup]
    let insertions: [Insertion]
    let line: Int
  }

  struct Insertion: Sendable {
    enum Order: String, Sendable { case keep, ascending, descending }

    let order: Order
    let include: [Choice]?
    let exclude: [Choice]
  }

  struct Alter: Sendable {
    let control: String
    let removals: [Removal]
    let additions: [Addition]
    let line: Int
  }

  struct Removal: Sendable {
    let name: String?
    let kind: String?
    let id: String?
    /// `param`, `prop`, `link` or `part`.
    let item: String?
    let namespace: String?
    let line: Int
  }

  struct Addition: Sendable {
    enum Position: String, Sendable { case before, after, starting, ending }

    let position: Position
    let target: String?
    let title: String?
    let parameters: [Parameter]
    let properties: [Property]
    let links: [Link]
    let parts: [Part]
    let line: Int
  }

  /// A name with `*` and `?` in it.
  static func matches(_ name: String, _ pattern: String) -> Bool {
    let (name, pattern) = (Array(name.utf8), Array(pattern.utf8))
    var (at, place) = (0, 0)
    var star: (pattern: Int, name: Int)?
    while at < name.count {
      if place < pattern.count, pattern[place] == 0x2A {
        star = (place, at)
        place += 1
      } else if place < pattern.count, pattern[place] == 0x3F || pattern[place] == name[at] {
        at += 1
        place += 1
      } else if let last = star {
        // The last star takes one letter more.
        star = (last.pattern, last.name + 1)
        (place, at) = (last.pattern + 1, last.name + 1)
      } else {
        return false
      }
    }
    return pattern[place...].allSatisfy { $0 == 0x2A }
  }
}
