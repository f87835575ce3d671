public import Kernel
public import Storage

/// Something that a slice's records ask a person to do by a day, for the list on the first page.
public struct Duty: Sendable {
  public let day: Day
  /// What it is about: the name of a contract.
  public let title: String
  /// What to do, in the languages of the program.
  public let text: @Sendable (Language) -> String
  /// Where to do it: a path of this site.
  public let path: String

  public init(
    on day: Day, title: String, text: @escaping @Sendable (Language) -> String, path: String
  ) {
    (self.day, self.title, self.text, self.path) = (day, title, text, path)
  }
}

/// What a slice asks for, to those who may see its records.
public struct DutyList: Sendable {
  public let permission: Permission
  /// How many are overdue or due on a day, for the number in the frame of every page: one statement.
  public let count: @Sendable (ReadTx, Day) throws -> Int
  /// Those and the ones of the weeks after that day, the earliest first.
  public let read: @Sendable (ReadTx, Day) throws -> [Duty]

  public init(
    needs permission: Permission, count: @escaping @Sendable (ReadTx, Day) throws -> Int,
    read: @escaping @Sendable (ReadTx, Day) throws -> [Duty]
  ) {
    (self.permission, self.count, self.read) = (permission, count, read)
  }
}
