public import Kernel
public import Web

/// Someone at a facility: an owner or a deputy of work; may sign in when tied to an account.
public struct Person: Sendable, Equatable, Codable {
  public typealias ID = PersonID

  public let id: ID
  public let name: String
  public let department: String
  public let role: Role
  public let account: AccountID?
  public let version: Int

  /// - Throws: `.badName` unless 1 to 40 characters; `.badDepartment` over 40.
  public init(id: ID, name raw: String, department: String, role: Role, account: AccountID?) throws(Refusal) {
    guard let name = raw.trimmed(to: 1...40) else { throw .badName }
    guard let department = department.trimmed(to: 0...40) else { throw .badDepartment }
    (self.id, self.name, self.department, self.role, self.account, version) = (
      id, name, department, role, account, 1
    )
  }

  init(stored id: ID, name: String, department: String, role: Role, account: AccountID?, version: Int) {
    (self.id, self.name, self.department, self.role, self.account, self.version) = (
      id, name, department, role, account, version
    )
  }

  public enum Refusal: Problem, Equatable {
    case badName, badDepartment, badRole, badLogin
    case badPassword([PasswordFault])
    case badShortPassword([PasswordFault])
    case commonPassword([PasswordFault])
    case reusedPassword, loginTaken, nameTaken, ownAccess, noAccess, hasAccess, lastAdministrator, notFound
    case onlyForATime

    public var code: String { "people.\(caseName)" }
    public var parts: [any Problem] {
      switch self {
      case .badPassword(let faults), .badShortPassword(let faults), .commonPassword(let faults): faults
      default: []
      }
    }
    public var kind: ProblemKind {
      switch self {
      case .notFound: .notFound
      default: .invalid
      }
    }
    public var field: String? {
      switch self {
      case .badName, .nameTaken: "person"
      case .badDepartment: "department"
      case .badRole, .onlyForATime: "role"
      case .badLogin, .loginTaken: "login"
      case .badPassword, .badShortPassword, .commonPassword, .reusedPassword: "password"
      case .ownAccess, .noAccess, .hasAccess, .lastAdministrator, .notFound: nil
      }
    }
  }

  /// A user name: 3 to 40 ASCII letters, digits, dots, hyphens and underscores, in lower case.
  public struct Login: Sendable, Equatable {
    public let text: String
    public init(_ raw: String) throws(Refusal) {
      let text = raw.trimmed.lowercased()
      let allowed = text.utf8.allSatisfy {
        (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2E || $0 == 0x2D || $0 == 0x5F
      }
      guard (3...40).contains(text.utf8.count), allowed else { throw .badLogin }
      self.text = text
    }
  }
}
