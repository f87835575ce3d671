import Kernel

/// The last time that someone compared a whole register with what there is (棚卸し), and when that is to happen again.
struct ListCheck: Sendable, Equatable, Codable {
  let checkedOn: Day
  /// The name as it was then.
  let checkedBy: String
  /// How many entries the register had.
  let entries: Int
  let intervalMonths: Int
  let nextCheckOn: Day

  static let intervals = [1, 3, 6, 12]

  /// - Throws: ``Refusal``.
  init(on text: String, every interval: String, by name: String, entries: Int, today: Day) throws(Refusal) {
    guard let day = Day.parse(text) else { throw .badDay }
    guard day <= today else { throw .inFuture }
    guard let months = Int(interval), ListCheck.intervals.contains(months) else { throw .badInterval }
    checkedOn = day
    checkedBy = name
    self.entries = entries
    intervalMonths = months
    nextCheckOn = day.adding(months: months)
  }

  init(checkedOn: Day, checkedBy: String, entries: Int, intervalMonths: Int, nextCheckOn: Day) {
    (self.checkedOn, self.checkedBy, self.entries) = (checkedOn, checkedBy, entries)
    (self.intervalMonths, self.nextCheckOn) = (intervalMonths, nextCheckOn)
  }

  /// Days since the next check was due; nil while it is not late.
  func daysLate(on day: Day) -> Int? { day > nextCheckOn ? day.days(since: nextCheckOn) : nil }

  enum Refusal: Problem, Equatable {
    case badDay, inFuture, badInterval

    var code: String {
      switch self {
      case .badDay: "registers.checkBadDay"
      case .inFuture: "registers.checkInFuture"
      case .badInterval: "registers.checkBadInterval"
      }
    }
    var kind: ProblemKind { .invalid }
    var field: String? { self == .badInterval ? "interval" : "day" }
  }
}
