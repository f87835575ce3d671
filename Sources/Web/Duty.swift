public import Kernel
public import Storage

/// Something that a slice's records ask a person to do by a day, for the list on the first page.
public struct Duty: Sendable {
  public let day: Day
  /// What it is about: the name of a contract.
  public let title: @Sendable (Language) -> String
  /// What to do, in the languages of the program.
  public let text: @Sendable (Language) -> String
  /// Where to do it: a path of this site.
  public let path: String

  public init(
    on day: Day, title: String, text: @escaping @Sendable (Language) -> String, path: String
  ) {
    self.init(on: day, named: { _ in title }, text: text, path: path)
  }

  /// Of something that has a name in each language.
  public init(
    on day: Day, named title: @escaping @Sendable (Language) -> String,
    text: @escaping @Sendable (Language) -> String, path: String
  ) {
    (self.day, self.title, self.text, self.path) = (day, title, text, path)
  }
}

/// How many of a slice's duties are overdue or due on a day, for the number beside 今日.
///
/// The frame of every page puts the rows of all slices together and asks once.
public struct DueCount: Sendable {
  /// A SELECT of a number and three texts: that many are due, and what tells whether they count.
  public let rows: @Sendable (ReadTx, Day) -> SQL
  /// Whether a row counts, by its three texts, where the database cannot know.
  public let counts: @Sendable ([String]) throws -> Bool

  public init(
    rows: @escaping @Sendable (ReadTx, Day) -> SQL,
    counts: @escaping @Sendable ([String]) throws -> Bool = { _ in true }
  ) {
    (self.rows, self.counts) = (rows, counts)
  }
}

/// What a slice asks for, to those who may see its records.
public struct DutyList: Sendable {
  public let permission: Permission
  /// Whether a visitor's facility has to do with it.
  public let isFor: @Sendable (Visitor) -> Bool
  public let count: DueCount
  /// Those and the ones of the weeks after that day, the earliest first.
  public let read: @Sendable (ReadTx, Day) throws -> [Duty]

  public init(
    needs permission: Permission, isFor: @escaping @Sendable (Visitor) -> Bool = { _ in true },
    count: DueCount,
    read: @escaping @Sendable (ReadTx, Day) throws -> [Duty]
  ) {
    (self.permission, self.isFor, self.count, self.read) = (permission, isFor, count, read)
  }

  public func isShown(to request: WebRequest) -> Bool {
    request.may(permission) && request.visitor.map(isFor) == true
  }
}
