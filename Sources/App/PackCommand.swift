import ArgumentParser
import Assurance
import Foundation
import Kernel
import Registers
import Storage
import Web

struct PackCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pack", abstract: "点検の内容(版)を見る・確かめる。 Editions of frameworks.",
    subcommands: [
      List.self, Show.self, Lint.self, Import.self, Retire.self, Export.self, Take.self, Give.self,
    ])

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "版を一覧にします。 Lists the editions.")
    @Flag(help: "JSONで答えます。 Answers in JSON.") var json = false

    private struct Shown: Encodable {
      let id: String
      let fiscalYear: Int
      let title: String
      let forms: [String]
      let itemsKnown: Bool
    }

    func run() async throws {
      let packs = try DataOptions.library().packs()
      let language = Terminal.language
      if json {
        try Terminal.json(
          packs.map {
            Shown(
              id: $0.id, fiscalYear: $0.fiscalYear.year, title: $0.title(language), forms: $0.forms.map(\.id),
              itemsKnown: $0.unknown == nil)
          })
      } else {
        for pack in packs {
          let unknown = pack.unknown == nil ? "" : Terminal.line("(項目は未確認)", " (items not confirmed)")
          Terminal.say("\(pack.id)  \(pack.title(language))\(unknown)")
        }
        for id in OwnFrameworks(try DataOptions.library()).ids {
          Terminal.say(
            "\(id)  \(Terminal.line("(枠組み。pack import で使えます)", "(a framework; pack import takes it)"))")
        }
      }
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "版の項目を見ます。 Shows the items of an edition.")
    @Argument(help: "mhlw-checklist-r7 など。 Id of the edition.") var pack: String
    @Option(help: "med, vendor, ph, ph-vendor") var form: String?
    @Flag(help: "JSONで答えます。 Answers in JSON.") var json = false

    private struct Shown: Encodable {
      let id: String
      let edition: String
      let fiscalYear: Int
      let title: Bilingual
      let notice: Bilingual
      let unknown: Bilingual?
      let forms: [ShownForm]
    }
    private struct ShownForm: Encodable {
      let id: String
      let title: Bilingual
      let confidence: Confidence
      let counts: Pack.Counts
      let sections: [Pack.Section]
    }

    func run() async throws {
      let library = try DataOptions.library()
      let pack = try library.pack(pack)
      let forms = try form.map { [try library.form($0, of: pack.id)] } ?? pack.forms
      if json {
        return try Terminal.json(
          Shown(
            id: pack.id, edition: pack.edition, fiscalYear: pack.fiscalYear.year, title: pack.title,
            notice: pack.notice, unknown: pack.unknown,
            forms: forms.map {
              ShownForm(
                id: $0.id, title: $0.title, confidence: $0.confidence, counts: $0.counts,
                sections: $0.sections)
            }))
      }
      let language = Terminal.language
      Terminal.say(pack.title(language))
      Terminal.say(pack.unknown?(language) ?? pack.notice(language))
      for form in forms {
        Terminal.say("\n[\(form.id)] \(form.title(language))")
        for item in form.items {
          let mark = item.isUnconfirmed ? Terminal.line("(原本で確認)", " (check the original)") : ""
          Terminal.say("  \(item.label)  \(item.question(language))\(mark)")
        }
      }
    }
  }

  struct Lint: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "すべての版を調べます。 Checks every edition.")
    @Flag(help: "JSONで答えます。 Answers in JSON.") var json = false

    private struct Result: Encodable {
      let packs: Int
      let frameworks: Int
      let ok: Bool
      let faults: [String]
    }

    func run() async throws {
      let library = try DataOptions.library()
      let faults = try PackLint.faults(in: library)
      let count = try library.ids().count
      let frameworks = OwnFrameworks(library).ids.count
      if json {
        try Terminal.json(Result(packs: count, frameworks: frameworks, ok: faults.isEmpty, faults: faults))
      } else {
        for fault in faults { Terminal.say(fault) }
        if faults.isEmpty {
          Terminal.say(
            Terminal.line(
              "\(count)つの版と\(frameworks)つの枠組みに誤りはありません。",
              "No fault in \(count) editions and \(frameworks) frameworks."))
        }
      }
      if !faults.isEmpty { throw ExitCode(2) }
    }
  }
}
