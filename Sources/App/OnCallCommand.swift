import ArgumentParser
import Kernel

/// `mamorite oncall`: what is known of on-call without any data.
struct OnCallCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "oncall", abstract: "当番のもとになる暦。 What on-call rests on.", subcommands: [Holidays.self])

  struct Holidays: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "一年の国民の祝日と休日を並べます(2000〜2099年)。 The national holidays of a year, 2000 to 2099.",
      discussion: """
        春分の日と秋分の日は計算によるもので、前の年の2月1日の官報(暦要項)で決まります。
        The equinoxes are computed; they become certain by the notice of 1 February of the year before.
        """)
    @Option(help: "西暦の年。 The year.") var year: Int
    @Flag(help: "JSONで答えます。 Answers in JSON.") var json = false

    private struct Answer: Encodable {
      struct One: Encodable {
        let day: String
        let name: String
        let id: String
      }
      let year: Int
      let holidays: [One]
    }

    func validate() throws {
      guard Holiday.years.contains(year) else {
        throw ValidationError("--year: 2000〜2099 / 2000 to 2099")
      }
    }

    func run() async throws {
      let all = Holiday.of(year)
      if json {
        return try Terminal.json(
          Answer(
            year: year,
            holidays: all.map {
              .init(day: $0.day.description, name: $0.holiday.japanese, id: $0.holiday.rawValue)
            }))
      }
      for each in all {
        Terminal.say("\(each.day) (\(each.day.weekdayJapanese)) \(each.holiday.japanese)")
      }
    }
  }
}
