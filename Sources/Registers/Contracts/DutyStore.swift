import Kernel
import Storage
import Web

extension Notices {
  /// What contracts, vendors and documents ask for.
  static let duties = DutyList(
    needs: .registersRead, rows: { $0.registerDutyRows(on: $1, until: $2) },
    duty: { row in
      guard let kind = Asked(rawValue: row.kind), let id = Entry.ID(row.subject) else {
        throw Row.Corrupt("a duty of the registers")
      }
      let record = Registry.path(of: id, in: kind.register.id)
      return Duty(
        on: row.day, named: { kind.register.ownWords?(row.title, $0) ?? row.title }, text: kind.text,
        path: kind == .confirmation ? "\(record)#h-versions" : record)
    })
}

/// What a row of the registers asks for.
private enum Asked: String {
  case notice, confirmation, contacts, certification, review

  func text(_ language: Language) -> String {
    let t = Texts<ContractText>(language)
    return switch self {
    case .notice: t(.dutyNotice)
    case .confirmation: t(.dutyConfirmation)
    case .contacts: t(.dutyContacts)
    case .certification: t(.dutyCertification)
    case .review: Texts<DocumentText>(language)(.dutyReview)
    }
  }

  var register: Register {
    switch self {
    case .notice, .confirmation: Contracts.register
    case .contacts, .certification: Vendors.register
    case .review: Documents.register
    }
  }
}

extension ReadTx {
  /// A notice stops asking when the contract has run out; a certification when it is an old one, entered as an entry later.
  fileprivate func registerDutyRows(on day: Day, until last: Day) -> SQL {
    """
    SELECT 'notice' AS kind, id AS subject, title, notice_by AS day FROM contract
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
    UNION ALL
    SELECT 'review', id, title, next_check_on FROM document
    WHERE facility_id = \(facility) AND next_check_on <= \(last) AND COALESCE(status, 'draft') <> 'abolished'
    """
  }
}
