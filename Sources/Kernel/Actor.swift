/// Something a person may be allowed to do; each slice declares its own.
public struct Permission: Sendable, Hashable, CustomStringConvertible {
  public let name: String
  public init(_ name: StaticString) { self.name = name.description }
  public var description: String { name }
}

/// A facility: hospital, clinic, dental clinic, pharmacy or home-nursing station. Only a tag for ids here.
public enum FacilityTag {}
/// A person at a facility; may sign in when an account is tied to it.
public enum PersonTag {}
/// Credentials that sign in; one account may belong to people at several facilities.
public enum AccountTag {}

public typealias FacilityID = ID<FacilityTag>
public typealias PersonID = ID<PersonTag>
public typealias AccountID = ID<AccountTag>

/// Who acts. Its ``text`` stands in the ledger.
public enum Actor: Sendable, Hashable {
  /// A signed-in person.
  case person(PersonID, name: String)
  /// Someone at a shell of the machine, named by the operating system.
  case shell(String)
  /// Someone at a vendor who came by the link of one request, under the name that they gave themselves.
  case link(String, name: String)
  /// Someone who came in by a sealed code in an emergency: the id of that use, and the name that they gave.
  case breakGlass(String, name: String)
  /// Mamorite itself: a job, a migration, the demonstration.
  case system(String)

  public var text: String {
    switch self {
    case .person(let id, _): "person:\(id)"
    case .shell(let name): "shell:\(name)"
    case .link(let request, _): "link:\(request)"
    case .breakGlass(let use, _): "break-glass:\(use)"
    case .system(let name): "system:\(name)"
    }
  }

  public var name: String {
    switch self {
    case .person(_, let name), .link(_, let name), .breakGlass(_, let name), .shell(let name),
      .system(let name):
      name
    }
  }
}
