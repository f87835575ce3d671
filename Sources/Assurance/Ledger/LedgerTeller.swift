import Foundation
import Kernel
import Registers
import Storage
import Web

/// Tells in words what entries of the ledger say, in one language.
///
/// Changes of registers' entries are told as on the entry's own page (``EntryHistory``); other records by the words for their fields in
/// the ledger's catalog, so that a slice whose records appear here for the first time needs words there and nothing else.
struct LedgerTeller {
  let history: EntryHistory
  let words: Words
  let language: Language
  private let items: [String: String]

  init(_ history: EntryHistory, _ words: Words, _ language: Language, _ library: PackLibrary) {
    (self.history, self.words, self.language) = (history, words, language)
    // Without packs the items are shown by their ids.
    let packs = (try? library.packs()) ?? []
    let labels = packs.flatMap { pack in
      pack.forms.flatMap { $0.items.map { ($0.id, LedgerTeller.name($0, language)) } }
    }
    items = Dictionary(labels, uniquingKeysWith: { first, _ in first })
  }

  /// By its number; what has none by the question.
  private static func name(_ item: Pack.Item, _ language: Language) -> String {
    if item.label.contains(where: { $0.isNumber }) { return item.label }
    let question = item.question(language)
    return question.count > 30 ? question.prefix(30) + "…" : question
  }

  /// What an entry is about: 機器「保守用VPN装置」, and where it is found.
  struct Subject: Sendable, Equatable {
    let name: String
    let path: String?
  }

  static func parts(_ subject: String) -> (kind: String, id: String) {
    let parts = subject.split(separator: ":", maxSplits: 1).map(String.init)
    return (parts.first ?? "", parts.count > 1 ? parts[1] : "")
  }

  func kind(_ kind: String) -> String {
    history.noun(kind, language) ?? words.word(kind, in: "subjects", language) ?? kind
  }

  func subject(_ entry: LedgerEntry) -> Subject {
    let (kind, id) = LedgerTeller.parts(entry.subject)
    let pieces = id.split(separator: "/").map(String.init)
    let noun = self.kind(kind)
    guard let title = title(entry, kind, pieces), !title.isEmpty else {
      return Subject(name: noun, path: path(kind, pieces))
    }
    let text = Texts<LedgerText>(language)
    return Subject(name: text(.named, noun, title), path: path(kind, pieces))
  }

  private func title(_ entry: LedgerEntry, _ kind: String, _ id: [String]) -> String? {
    if let title = history.title(in: entry, of: kind) { return title }
    let fields = StoredValue.fields(entry.after).merging(StoredValue.fields(entry.before)) { new, _ in new }
    switch kind {
    case "answer", "request":
      if id.count > 1 { return items[id[1]] ?? id[1] }
      return fields["vendorName"]?.text
    case "assessment":
      if case .number(let year) = fields["fiscalYear"] { return language.fiscalYear(FiscalYear(year)) }
      return nil
    case "columns", "check": return id.first.flatMap { history.noun($0, language) }
    case "ledger": return Int(id.first ?? "").map { "\($0)" }
    case "clinic", "disclosure-annex": return nil
    case "file": return fields["title"]?.text
    default:
      if let first = id.first, let name = history.name(first) { return name }
      return fields["name"]?.text ?? fields["title"]?.text
    }
  }

  /// A page of this site; nil when there is none, or nothing stands there any more.
  private func path(_ kind: String, _ id: [String]) -> String? {
    guard let first = id.first.map(urlEncoded) else { return nil }
    if let register = history.register(kind) {
      if first == "register" { return "/registers/\(register.id)" }
      return history.name(first) == nil ? nil : "/registers/\(register.id)/\(first)"
    }
    switch kind {
    case "answer" where id.count > 1:
      let item = urlEncoded(id[1])
      return "/assessments/\(first)?item=\(item)#\(item)"
    case "assessment": return "/assessments/\(first)"
    case "report": return "/reports/\(first)"
    case "audit": return "/audits/\(first)"
    case "measure": return "/measures/\(first)"
    case "risk": return first == "register" ? "/risks" : "/risks/\(first)"
    case "risk-matrix": return "/risks/matrices"
    case "rollout", "rollout-line": return "/rollout"
    case "budget" where first == "register": return "/plans"
    case "budget": return "/plans/\(first)"
    // A requirement's name may hold what divides the pieces.
    case "audit-answer" where id.count > 1:
      return "/audits/\(first)/requirements?node=\(urlEncoded(id.dropFirst().joined(separator: "/")))"
    case "submission" where id.count > 1:
      return "/audits/\(first)/submissions/part?node=\(urlEncoded(id.dropFirst().joined(separator: "/")))"
    case "checklist-submission" where id.count > 1:
      return
        "/assessments/\(first)/submissions/part?node=\(urlEncoded(id.dropFirst().joined(separator: "/")))"
    case "finding": return first == "register" ? "/findings" : "/findings/\(first)"
    case "review" where id.count > 1: return "/\(first)/\(urlEncoded(id[1]))/review"
    case "request": return "/requests/\(first)"
    case "clinic" where first == "register": return "/clinic"
    case "clinic": return "/clinic/questions/\(first)"
    case "responsibility": return history.name(first) == nil ? nil : "/responsibility/\(first)"
    case "responsibility-item": return "/responsibility/items"
    case "raci", "raci-party": return "/responsibility/raci"
    case "check": return "/registers/\(first)/check"
    case "columns": return "/registers/\(first)/columns"
    case "disclosure-annex": return "/disclosures/annex"
    case "account-plan": return "/account-reviews/subjects/\(first)"
    case "account-review":
      let account = id.count > 1 ? "/accounts/\(urlEncoded(id[1]))" : ""
      return "/account-reviews/\(first)\(account)"
    case "ledger": return "/ledger/proof"
    case "break-glass": return "/break-glass/records/\(first)"
    case "grant": return "/people/grants"
    case "token": return "/people/tokens"
    case "open-id-provider": return "/sign-on"
    case "break-glass-codes", "break-glass-setting": return "/break-glass/records"
    default: return nil
    }
  }

  // MARK: Before and after

  /// The fields that differ, each in words.
  func changes(_ entry: LedgerEntry) -> [EntryHistory.FieldChange] {
    let (kind, _) = LedgerTeller.parts(entry.subject)
    if let changes = history.changes(in: entry, of: kind, language) { return changes }
    let (before, after) = (StoredValue.fields(entry.before), StoredValue.fields(entry.after))
    let names = Set(before.keys).union(after.keys).subtracting(LedgerTeller.unsaid)
    return names.sorted().filter { before[$0] != after[$0] }.compactMap { name in
      let (old, new) = (shown(before[name], name, kind), shown(after[name], name, kind))
      return old == new ? nil : EntryHistory.FieldChange(label(name, kind), from: old, to: new)
    }
  }

  /// Fields that say nothing to a person: which one it is stands in the subject, how often it was saved in the history.
  private static let unsaid: Set<String> = [
    "id", "version", "revision", "item", "subject", "account", "question", "document", "shown",
    Change.proofField,
  ]

  /// The mark of a privileged operation: by what its person had just proved who they are. nil for all others.
  func proof(_ entry: LedgerEntry) -> String? {
    StoredValue.fields(entry.after)[Change.proofField]?.text.map {
      words.word("\(Change.proofField).\($0)", in: "values", language) ?? $0
    }
  }

  private func label(_ field: String, _ kind: String) -> String {
    words.word(field, in: "fields", language) ?? history.label(field, of: kind, language)
      ?? history.name(field) ?? field
  }

  private func shown(_ value: StoredValue?, _ field: String, _ kind: String) -> String {
    let text = Texts<LedgerText>(language)
    switch value {
    case nil, .some(.none), .text(""): return text(.none)
    case .flag(let flag): return text(flag ? .yes : .no)
    case .number(let number):
      // Moments are milliseconds; the names of their fields end so everywhere.
      if field.hasSuffix("At") || field == "at" {
        return language.dateTime(Instant(milliseconds: Int64(number)))
      }
      if field == "prefecture", let prefecture = Prefecture("\(number)") {
        return language == .ja ? prefecture.japanese : prefecture.english
      }
      if field == "fiscalYear" { return language.fiscalYear(FiscalYear(number)) }
      return language.number(number)
    case .text(let value): return shown(value, field, kind)
    case .list(let all):
      let texts = all.compactMap(\.text)
      if texts.isEmpty { return all.isEmpty ? text(.none) : text(.things, all.count) }
      return texts.map { shown($0, field, kind) }.joined(separator: language == .ja ? "、" : ", ")
    case .object(let part): return text(.things, part.count)
    }
  }

  private func shown(_ value: String, _ field: String, _ kind: String) -> String {
    if let day = Day(value) { return language.date(day) }
    if field == "permissions" { return words.permission(value, language) }
    // An item of another edition: `mhlw-checklist-r7: r7-med-2-6`.
    if field == "carriedFrom", let item = value.split(separator: " ").last.flatMap({ items[String($0)] }) {
      return item
    }
    if let word = words.word("\(field).\(value)", in: "values", language) { return word }
    return history.name(value) ?? items[value] ?? history.shown(value, of: field, in: kind, language) ?? value
  }
}
