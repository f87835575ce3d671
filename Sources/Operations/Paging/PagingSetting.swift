import Kernel

/// What a facility has decided about paging besides rules and policies.
struct PagingSetting: Sendable, Equatable, Codable {
  var hours = BusinessHours()
  /// Minutes between two signs of life to a second place; nil sends none.
  var signalMinutes: Int?
  /// Where a sign of life goes by mail; the address of a web site lies sealed beside it.
  var signalMail = ""
  /// The page for the wards: whether it is open, and on which networks.
  var board: Board?

  /// Whether it can be reckoned with.
  var isPlausible: Bool { hours.isPlausible && (signalMinutes.map { (1...1440).contains($0) } ?? true) }

  struct Board: Sendable, Equatable, Codable {
    var networks: String
    /// What stands above the list.
    var note: String
  }
}

/// How someone wants to be called. What is not decided is by mail and in Japanese.
struct PagePreference: Sendable, Equatable, Codable {
  var usesMail = true
  /// The gateway for calls to a telephone; nil for none.
  var phone: Channel.ID?
  var number = Number.night
  var language = "ja"

  enum Number: String, Sendable, Codable, CaseIterable { case night, day }
}

/// Someone who may be called, as the register knows them.
struct Callee: Sendable {
  let id: PersonID
  let name: String
  let mail: String?
  let phoneDay: String?
  let phoneNight: String?
  let preference: PagePreference

  /// The number that they have chosen; the other where it is missing or nothing that could be dialled.
  var number: String? {
    let numbers = preference.number == .night ? [phoneNight, phoneDay] : [phoneDay, phoneNight]
    return numbers.lazy.compactMap { $0.flatMap(Callee.dialled) }.first
  }

  /// Digits with a plus in front where there is one; nil for what is no number that a gateway could dial.
  static func dialled(_ raw: String) -> String? {
    let text = raw.halfWidth.trimmed
    let digits = text.filter { $0.isASCII && $0.isNumber }
    guard (4...15).contains(digits.count) else { return nil }
    let isPlain = text.allSatisfy { ($0.isASCII && $0.isNumber) || "+-() .".contains($0) }
    return isPlain ? (text.hasPrefix("+") ? "+" : "") + digits : nil
  }
}

/// What is amiss with calls, for those who keep the facility.
enum PageFault: String, Sendable, Codable, CaseIterable {
  /// A step had nobody and was passed over.
  case nobody
  /// Everybody has been called and nobody has answered.
  case unanswered
  /// Somebody should have been called and was not.
  case missing
  /// Someone else was called than the rota says.
  case different
  /// A call was written and has not left.
  case unsent
}
