/// A day off by the law of Japan on national holidays (国民の祝日に関する法律), for the years 2000 to 2099.
///
/// The equinoxes follow the formula of the observatory's long-standing practice for 1980 to 2099; each becomes certain only when the
/// Cabinet announces it on 1 February of the year before (暦要項).
public enum Holiday: String, Sendable, CaseIterable, Codable {
  case newYear = "new-year"
  case comingOfAge = "coming-of-age"
  case foundation
  case emperor
  case springEquinox = "spring-equinox"
  case greenery, showa, constitution, children, marine, mountain, aged
  case autumnEquinox = "autumn-equinox"
  case health, sports, culture, labour, accession, enthronement
  /// The day to which a holiday on a Sunday moves (振替休日; article 3, paragraph 2).
  case substitute
  /// A day between two holidays (国民の休日; article 3, paragraph 3).
  case between

  public var japanese: String {
    switch self {
    case .newYear: "元日"
    case .comingOfAge: "成人の日"
    case .foundation: "建国記念の日"
    case .emperor: "天皇誕生日"
    case .springEquinox: "春分の日"
    case .greenery: "みどりの日"
    case .showa: "昭和の日"
    case .constitution: "憲法記念日"
    case .children: "こどもの日"
    case .marine: "海の日"
    case .mountain: "山の日"
    case .aged: "敬老の日"
    case .autumnEquinox: "秋分の日"
    case .health: "体育の日"
    case .sports: "スポーツの日"
    case .culture: "文化の日"
    case .labour: "勤労感謝の日"
    case .accession: "天皇の即位の日"
    case .enthronement: "即位礼正殿の儀の行われる日"
    case .substitute: "振替休日"
    case .between: "国民の休日"
    }
  }

  /// The years for which the rules are here.
  public static let years = 2000...2099

  /// Nil for a day that is none, and outside ``years``.
  public static func on(_ day: Day) -> Holiday? { table[day] }

  /// Worked out once: some two thousand days.
  private static let table = Dictionary(
    uniqueKeysWithValues: years.flatMap { of($0) }.map { ($0.day, $0.holiday) })

  /// The days off of a year, the first first; empty outside ``years``.
  public static func of(_ year: Int) -> [(day: Day, holiday: Holiday)] {
    guard years.contains(year) else { return [] }
    let named = national(year)
    var all = named
    // Since 2007 the first day after it that is no holiday; before, the Monday.
    for day in named.keys where day.weekday == 0 {
      var next = day.adding(days: 1)
      while year >= 2007, named[next] != nil { next = next.adding(days: 1) }
      if all[next] == nil { all[next] = .substitute }
    }
    for day in named.keys {
      let middle = day.adding(days: 1)
      guard all[middle] == nil, named[middle.adding(days: 1)] != nil else { continue }
      if year >= 2007 || middle.weekday != 0 { all[middle] = .between }
    }
    return all.sorted { $0.key < $1.key }.map { (day: $0.key, holiday: $0.value) }
  }

  /// The holidays that have a name in article 2, and those of single years.
  private static func national(_ year: Int) -> [Day: Holiday] {
    var days: [Day: Holiday] = [:]
    func put(_ month: Int, _ day: Int, _ holiday: Holiday) {
      Day(year, month, day).map { days[$0] = holiday }
    }
    put(1, 1, .newYear)
    put(1, monday(2, of: 1, year), .comingOfAge)
    put(2, 11, .foundation)
    put(3, equinox(20.8431, year), .springEquinox)
    put(4, 29, year >= 2007 ? .showa : .greenery)
    put(5, 3, .constitution)
    if year >= 2007 { put(5, 4, .greenery) }
    put(5, 5, .children)
    put(9, year >= 2003 ? monday(3, of: 9, year) : 15, .aged)
    put(9, equinox(23.2488, year), .autumnEquinox)
    put(11, 3, .culture)
    put(11, 23, .labour)
    if year >= 2020 { put(2, 23, .emperor) } else if year <= 2018 { put(12, 23, .emperor) }
    switch year {
    case 2020:
      put(7, 23, .marine)
      put(7, 24, .sports)
      put(8, 10, .mountain)
    case 2021:
      put(7, 22, .marine)
      put(7, 23, .sports)
      put(8, 8, .mountain)
    default:
      put(7, year >= 2003 ? monday(3, of: 7, year) : 20, .marine)
      put(10, monday(2, of: 10, year), year >= 2020 ? .sports : .health)
      if year >= 2016 { put(8, 11, .mountain) }
    }
    if year == 2019 {
      put(5, 1, .accession)
      put(10, 22, .enthronement)
    }
    return days
  }

  private static func equinox(_ base: Double, _ year: Int) -> Int {
    Int(base + 0.242194 * Double(year - 1980)) - (year - 1980) / 4
  }

  /// The day of the month on which its `count`th Monday falls.
  private static func monday(_ count: Int, of month: Int, _ year: Int) -> Int {
    let first = Day(year, month, 1)?.weekday ?? 0
    return (8 - first) % 7 + 1 + (count - 1) * 7
  }
}
