import Assurance
import Foundation

/// A checklist of 1,800 rows, for the pages of long frameworks.
enum LongForm {
  /// A copy of the packs in which the form for hospitals of fiscal 2025 has 20 sections of 90 rows.
  static func packs(in folder: String, like library: PackLibrary) throws -> String {
    let packs = folder + "/Packs"
    try FileManager.default.copyItem(atPath: library.folder, toPath: packs)
    var text = "format: 1\nforms:\n  - id: med\n    sections:\n"
    for section in 1...20 {
      text += """
              - number: "\(section)"
                title: { ja: 章 \(section), en: Section \(section) }
                short: { ja: 章 \(section), en: Section \(section) }
                items:

        """
      for row in 1...90 { text += item(section, row) }
    }
    try text.write(toFile: packs + "/mhlw-checklist-r7/items.yaml", atomically: true, encoding: .utf8)
    return packs
  }

  private static func item(_ section: Int, _ row: Int) -> String {
    """
              - id: long-\(section)-\(row)
                label: "\(section)-\(row)"
                concept: asset-ledger
                applies_to: [all]
                requirement: required
                question:
                  ja: サーバ、端末PC、ネットワーク機器を台帳で管理していますか。その\(row)番目の問いです。
                  en: Do you keep a register of your servers, client PCs and network devices? Question \(row).
                evidence: { ja: [台帳], en: [register] }
                since: r5
                confidence: high

    """
  }
}
