import Probes

/// What whoever runs the server lets monitors of any facility reach at most: `MAMORITE_MONITOR_NETWORKS`.
///
/// Which networks a facility looks at is decided by its own administrator. Where several facilities share one server, none of
/// them is to reach the server itself or the networks behind it.
public struct NetworkCeiling: Sendable {
  public static let variable = "MAMORITE_MONITOR_NETWORKS"

  /// As it is written; nil without a limit.
  let text: String?
  /// What was written cannot be read: then nothing is reached.
  public let isUnreadable: Bool
  let networks: Networks?

  /// - Parameter environment: of the process.
  public init(_ environment: [String: String]) {
    let written = environment[NetworkCeiling.variable].flatMap { $0.isEmpty ? nil : $0 }
    text = written
    let read = written.flatMap { Networks($0) }
    isUnreadable = written != nil && read == nil
    networks = isUnreadable ? Networks.none : read
  }

  /// No limit.
  static let none = NetworkCeiling([:])
}
