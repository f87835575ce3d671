import Kernel

/// The way of a vendor to its sheet.
struct SheetLink: Sendable, Equatable {
  enum Ending: String, Sendable {
    /// A newer link has taken its place.
    case replaced
    case revoked
  }

  let facility: FacilityID
  let request: SheetRequest.ID
  let madeAt: Instant
  /// The last day on which it opens.
  let expiresOn: Day
  /// argon2id of the number told by another way; nil without one.
  let pinHash: String?
  let lockedUntil: Instant
  let ending: Ending?

  /// Why it does not open at `moment`; nil when it does.
  func obstacle(at moment: Instant) -> LinkObstacle? {
    switch ending {
    case .revoked: .revoked
    case .replaced: .replaced
    case nil: expiresOn < moment.day ? .expired(expiresOn) : nil
    }
  }
}

/// Why a vendor's link leads nowhere. Each is a page of its own.
enum LinkObstacle: Error, Sendable, Equatable {
  /// Not one of ours; malformed ones are answered alike.
  case unknown
  case expired(Day)
  case revoked, replaced
  /// This browser has not opened it, or its cookie is gone.
  case notOpened
  /// Too many unknown links from this address.
  case tooManyGuesses
}

/// Someone at the vendor, in one browser, at one sheet.
struct Guest: Sendable, Equatable {
  let facility: FacilityID
  let request: SheetRequest.ID
  /// As they call themselves.
  let name: String
  let browser: String
  /// How often the facility's own editions had changed; nil where it was not read along.
  var editions: Int?
}

/// A browser in which a sheet has been opened.
struct SheetBrowser: Sendable, Equatable {
  let name: String
  let first: Instant
  let last: Instant
}

/// A sheet that stands open in a browser, with the name of the hospital that asks.
struct OpenedSheet: Sendable, Equatable {
  let guest: Guest
  let link: SheetLink
  let request: SheetRequest
  let facility: String
}
