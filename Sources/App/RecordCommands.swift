import ArgumentParser
import Assurance
import Foundation
import Kernel
import Registers
import Storage
import Web

struct FacilityCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "facility", abstract: "施設を作る・見る。 Facilities.",
    subcommands: [Create.self, List.self, Export.self, Import.self])

  struct Shown: Encodable {
    let id: String
    let name: String
    let kind: String
    let beds: Int?
    let prefecture: String?

    init(_ facility: Facility) {
      id = facility.id.text
      name = facility.name.text
      kind = facility.kind.rawValue
      beds = facility.beds
      prefecture = facility.prefecture?.japanese
    }
  }

  struct Create: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "施設を作ります。 Adds a facility.")
    @OptionGroup var place: DataOptions
    @Option(help: "名前。 Name, 1 to 60 characters.") var name: String
    @Option(help: "hospital, clinic, dental, pharmacy, home-nursing") var kind: String
    @Option(help: "病床数。 Number of beds.") var beds: Int?
    @Option(help: "都道府県。 Prefecture by name or code 1 to 47.") var prefecture: String?
    @Flag(help: "JSONで答えます。 Answers in JSON.") var json = false

    func run() async throws {
      guard let kind = Facility.Kind(rawValue: kind) else { throw Facility.Refusal.badKind }
      var chosen: Prefecture?
      if let prefecture {
        guard let known = Prefecture(prefecture) else { throw Facility.Refusal.badPrefecture }
        chosen = known
      }
      let database = try await place.open(try DataOptions.library())
      let facility = try await Facilities.create(
        name: name, kind: kind, beds: beds, prefecture: chosen,
        by: .shell(ProcessInfo.processInfo.environment["USER"] ?? "root"), in: database, now: Clock.now)
      if json {
        try Terminal.json(Shown(facility))
      } else {
        Terminal.say("\(facility.id) \(facility.name.text)")
      }
      await database.close()
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "施設を一覧にします。 Lists the facilities.")
    @OptionGroup var place: DataOptions
    @Flag(help: "JSONで答えます。 Answers in JSON.") var json = false

    func run() async throws {
      let database = try await place.open(try DataOptions.library())
      let all = try await Facilities.all(in: database)
      if json {
        try Terminal.json(all.map(Shown.init))
      } else {
        for facility in all { Terminal.say("\(facility.id) \(facility.name.text)") }
      }
      await database.close()
    }
  }
}

struct UserCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "user", abstract: "利用者を加える。 Users.", subcommands: [Add.self])

  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "利用者を加えます。パスワードは標準入力から読みます。 Adds a user; the password is read from standard input.",
      discussion: "台帳にその名前の人がいて、まだサインインしないときは、その人に渡します。 A person of that name in the register gets it."
    )
    @OptionGroup var place: DataOptions
    @OptionGroup var at: FacilityOption
    @Option(help: "氏名。 Name.") var name: String
    @Option(help: "部署。 Department.") var department = ""
    @Option(help: "利用者名。 User name, 3 to 40 of a-z 0-9 . - _") var login: String
    @Option(help: "administrator, safety-manager, it-staff, management, contributor, auditor, staff")
    var role: String
    @Option(help: "同じ名前の人が何人もいるときの、台帳の番号。 Which of several people of that name.") var person: String?
    @Flag(help: "JSONで答えます。 Answers in JSON.") var json = false

    struct Shown: Encodable {
      let id: String
      let name: String
      let role: String
      let wasKnown: Bool
    }

    func run() async throws {
      guard let role = Role(rawValue: role) else { throw Person.Refusal.badRole }
      guard let password = readLine(strippingNewline: true) else {
        throw Person.Refusal.badPassword([.tooShort])
      }
      let chosen = try person.map { text -> PersonID in
        guard let id = PersonID(text) else { throw Person.Refusal.notFound }
        return id
      }
      let database = try await place.open(try DataOptions.library())
      let made = try await Accounts.admit(
        name: name, department: department, login: login, password: password, role: role, chosen: chosen,
        in: try await at.scope(database))
      let person = made.person
      if json {
        try Terminal.json(
          Shown(
            id: person.id.text, name: person.name, role: person.role.rawValue, wasKnown: made.wasKnown))
      } else {
        Terminal.say("\(person.id) \(person.name)")
        if made.wasKnown {
          Terminal.say(
            Terminal.line(
              "台帳にいた\(person.name)が、サインインできるようになりました。", "\(person.name) of the register can sign in now."))
        }
      }
      await database.close()
    }
  }
}
