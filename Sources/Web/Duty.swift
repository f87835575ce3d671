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

/// A row of a ``DutyList``.
public struct DutyRow: Sendable {
  public let kind: String
  /// The id of what it is about.
  public let subject: String
  public let title: String
  public let day: Day
}

/// What a slice asks for, to those who may see its records. The lists of all slices are read in one statement.
public struct DutyList: Sendable {
  public let permission: Permission
  /// A SELECT of `kind`, `subject`, `title` and `day`: what is due until the second day, as it is on the first.
  let rows: @Sendable (ReadTx, Day, Day) -> SQL
  /// What a row asks for; nil for what means nothing any more.
  let duty: @Sendable (DutyRow) throws -> Duty?

  public init(
    needs permission: Permission, rows: @escaping @Sendable (ReadTx, Day, Day) -> SQL,
    duty: @escaping @Sendable (DutyRow) throws -> Duty?
  ) {
    (self.permission, self.rows, self.duty) = (permission, rows, duty)
  }
}
