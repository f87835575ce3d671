import Kernel
import Mail
import Registers
import Storage
import Web

/// Signs of life to a second place: when they stop coming there, someone there knows that Mamorite itself is down.
enum LifeSigns {
  static let intervals = [1, 5, 10, 15, 30, 60, 360, 1440]

  static func place(_ facility: FacilityID) -> String { "page-life:\(facility)" }

  /// - Parameter url: empty keeps the one that stands; `-` takes it away.
  static func save(minutes: Int?, mail: String, url: String, version: Int, _ sealer: Sealer, in scope: Scope)
    async throws
  {
    var sealed: String?
    if !url.isEmpty, url != "-" {
      sealed = try sealer.seal(Array(try HTTPPost(url, body: nil).url.utf8), for: place(scope.facility))
    }
    let new = sealed
    try await scope.write { tx in
      let (before, known) = (try tx.pagingSetting(), try tx.lifeSign()?.url)
      guard before.version == version else { throw Stale() }
      var setting = before.setting
      (setting.signalMinutes, setting.signalMail) = (minutes, mail)
      let address = url == "-" ? nil : new ?? known
      if minutes != nil {
        guard LifeSigns.intervals.contains(minutes ?? 0), address != nil || !mail.isEmpty else {
          throw PagingRefusal.badSignal
        }
      }
      guard mail.isEmpty || MailAddress(mail) != nil else { throw PagingRefusal.badSignal }
      try tx.store(setting, url: address, over: before.setting, version: version)
      try tx.housekeeping.setDue("page.life", tx.facility.text, at: minutes == nil ? nil : scope.now)
    }
  }

  /// One sign, and the next planned before it: what fails is tried at the next time.
  static func work(_ sealer: Sealer, _ carrier: PageCarrier, in scope: Scope) async throws {
    let (sealed, unsent) = try await scope.write { tx -> (String?, PagingRefusal?) in
      let setting = try tx.pagingSetting().setting
      guard let minutes = setting.signalMinutes else {
        try tx.housekeeping.setDue("page.life", tx.facility.text, at: nil)
        return (nil, nil)
      }
      try tx.armLifeSign(at: scope.now.adding(minutes: Int64(minutes)))
      var unsent: PagingRefusal?
      if !setting.signalMail.isEmpty {
        if let to = MailAddress(setting.signalMail), try tx.hasMailServer() {
          let t = Texts<PagingText>(.ja)
          try Mailer(sealer).post(
            OutgoingMail(
              to: to, subject: t(.lifeSubject, t.language.dateTime(scope.now)), body: t(.lifeBody, minutes),
              about: "page-setting:\(tx.facility)", postedBy: nil), tx)
        } else {
          unsent = .noSignalMail
        }
      }
      let sign = try tx.lifeSign()
      if sign?.url == nil { try tx.noteLifeSign(unsent) }
      return (sign?.url, unsent)
    }
    guard let sealed else { return }
    do {
      let url = String(decoding: try sealer.open(sealed, for: place(scope.facility)), as: UTF8.self)
      try await carrier.carry(.http(try HTTPPost(url, body: nil)))
      try await scope.write { try $0.noteLifeSign(unsent) }
    } catch let problem as any Problem {
      try await scope.write { try $0.noteLifeSign(problem) }
    }
  }
}
