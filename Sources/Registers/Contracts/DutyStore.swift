import Kernel
import Storage
import Web

extension Notices {
  /// What contracts and vendors ask for until `day`, the earliest first; at most ``mostDuties``.
  static func duties(_ tx: ReadTx, _ day: Day) throws -> [Duty] {
    try tx.registerDuties(on: day, until: day.adding(days: 30), limit: mostDuties)
  }

  static let mostDuties = 20
}

/// What a row of the registers asks for.
private enum Asked: String {
  case notice, confirmation, contacts, certification

  var text: ContractText {
    switch self {
    case .notice: .dutyNotice
    case .confirmation: .dutyConfirmation
    case .contacts: .dutyContacts
    case .certification: .dutyCertification
    }
  }

  var register: Register { self == .notice || self == .confirmation ? Contracts.register : Vendors.register }
}

extension ReadTx {
  /// How many things are due on `day` or before, as ``DueCount`` reads it.
  func registerDutyCount(on day: Day) -> SQL {
    "SELECT COUNT(*), '', '', '' FROM (\(dutyRows(on: day, until: day))) r"
  }

  fileprivate func registerDuties(on day: Day, until last: Day, limit: Int) throws -> [Duty] {
    try all(
      "SELECT d.kind, d.id, d.title, d.day FROM (\(dutyRows(on: day, until: last))) d ORDER BY d.day, d.title LIMIT \(limit)"
    ) { row in
      guard let kind = Asked(rawValue: try row.text(0)), let due = Day(try row.text(3)) else {
        throw Row.Corrupt("a duty of the registers")
      }
      let id: Entry.ID = try row.id(1)
      return Duty(
        on: due, title: try row.text(2), text: { Texts<ContractText>($0)(kind.text) },
        path: kind == .confirmation
          ? "\(Registry.path(of: id, in: kind.register.id))#h-versions"
          : Registry.path(of: id, in: kind.register.id))
    }
  }

  /// A notice stops asking when the contract has run out; a certification when it is an old one, entered as an entry later.
  private func dutyRows(on day: Day, until last: Day) -> SQL {
    """
    SELECT 'notice' AS kind, id, title, notice_by AS day FROM contract
    WHERE facility_id = \(facility) AND notice_by <= \(last) AND COALESCE(status, 'active') <> 'ended'
      AND (ends_on IS NULL OR ends_on >= \(day))
    UNION ALL
    SELECT 'confirmation', id, title, unconfirmed_since FROM contract
    WHERE facility_id = \(facility) AND unconfirmed_since IS NOT NULL AND COALESCE(status, 'active') <> 'ended'
    UNION ALL
    SELECT 'contacts', id, name, next_check_on FROM vendor
    WHERE facility_id = \(facility) AND next_check_on <= \(last) AND COALESCE(status, 'active') <> 'former'
    UNION ALL
    SELECT 'certification', id, name, COALESCE(certificate_ends_on, certification_ends_on) FROM vendor
    WHERE facility_id = \(facility) AND COALESCE(certificate_ends_on, certification_ends_on) <= \(last)
      AND COALESCE(status, 'active') <> 'former'
    """
  }
}
