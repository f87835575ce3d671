/// A refusal that a person can act on; catalogs hold its words under ``code``.
public protocol Problem: Error {
  /// Stable, dotted, as in `assessments.targetOutsideYear`.
  var code: String { get }
  var kind: ProblemKind { get }
  /// Values for the placeholders {0}, {1}… of the words.
  var arguments: [String] { get }
  /// The form field at which the words are shown, if one field is the cause.
  var field: String? { get }
  /// What makes it up; the words of each follow its own.
  var parts: [any Problem] { get }
  /// How long to wait before trying again, where that is known.
  var waitSeconds: Int? { get }
}

extension Problem {
  public var arguments: [String] { [] }
  public var field: String? { nil }
  public var parts: [any Problem] { [] }
  public var waitSeconds: Int? { nil }

  /// The name of an enumeration's case without what it carries; codes end with it.
  public var caseName: String { String(String(describing: self).prefix { $0 != "(" }) }
}

/// What a ``Problem`` means to the one who asked; Web turns it into a status, the command line into an exit code.
public enum ProblemKind: Sendable {
  /// 422: the input cannot be taken as it is.
  case invalid
  /// 409: someone was faster, or the state does not allow it.
  case conflict
  /// 404: there is no such thing, or not for you.
  case notFound
  /// 403: not permitted.
  case forbidden
  /// 401: sign in first.
  case signedOut
  /// 423: the screen of a shared terminal is locked.
  case locked
  /// 413: more than we take.
  case tooLarge
  /// 429: too many attempts.
  case tooMany
  /// 408: it came too slowly.
  case tooSlow
  /// 421: asked for under a name that is not this server's.
  case elsewhere
  /// 503: something this machine needs is missing or gone.
  case unavailable
}

/// The row has moved on since it was read; the person is asked to look again.
public struct Stale: Problem {
  public init() {}
  public var code: String { "storage.stale" }
  public var kind: ProblemKind { .conflict }
}
