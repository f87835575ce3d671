import Kernel
import Storage
import Web

extension Contacts {
  /// What ``first(_:)`` writes.
  static let ownWords = OwnWords(
    [
      .firstPrefecture, .firstPrefectureWhen, .firstMinistry, .firstMinistryWhen, .firstPolice,
      .firstPoliceWhen,
      .firstPrivacy, .firstPrivacyWhen, .firstPrivacyWithin, .firstSupport, .firstSupportWhen, .promptly,
      .firstNote,
    ] as [ContactText])

  /// The authorities that any facility may have to tell, without numbers: those differ by prefecture and change.
  ///
  /// Kinds, occasions and deadlines are what could be confirmed on 21 November 2026; addresses on the web stand where
  /// the office itself publishes them as its way in.
  static func first(_ language: Language) -> [[String: String]] {
    let t = Texts<ContactText>(language)
    let rows: [(kind: String, name: ContactText, when: ContactText, within: ContactText?, web: String?)] = [
      ("prefecture", .firstPrefecture, .firstPrefectureWhen, .promptly, nil),
      ("ministry", .firstMinistry, .firstMinistryWhen, .promptly, nil),
      ("police", .firstPolice, .firstPoliceWhen, .promptly, nil),
      (
        "privacy", .firstPrivacy, .firstPrivacyWhen, .firstPrivacyWithin,
        "https://www.ppc.go.jp/personalinfo/legal/leakAction/"
      ),
      ("ministry", .firstSupport, .firstSupportWhen, nil, "https://mist.mhlw.go.jp/"),
    ]
    return rows.enumerated().map { index, row in
      var values = [
        "kind": row.kind, "name": t(row.name), "callWhen": t(row.when), "chartOrder": "\(index + 1)",
        "note": t(.firstNote),
      ]
      values["reachWithin"] = row.within.map { t($0) }
      values["web"] = row.web
      return values
    }
  }

  /// Adds those of ``first(_:)`` whose names the register lacks in every language; how many.
  static func addFirst(_ language: Language, in scope: Scope) async throws -> Int {
    try await scope.write { tx in
      let new = try first(language).filter { values in
        try Language.allCases.allSatisfy { language in
          try tx.entryID(register, key: ownWords(values["name"] ?? "", language).searchable) == nil
        }
      }
      for values in new { _ = try register.add(values, language, tx) }
      return new.count
    }
  }

  static func routes(_ routes: inout Routes) {
    routes.post("emergency/contacts", needs: .registersEdit) { request, scope in
      let count = try await addFirst(request.language, in: scope)
      return .redirect(to: "/registers/contacts?changed=\(count)")
    }
  }
}
