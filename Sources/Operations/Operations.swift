public import Foundation
public import Web

/// The slices that watch over systems at work and call people.
public enum Operations {
  /// - Parameters:
  ///   - environment: in which the public address is looked for.
  ///   - sealer: how the credentials of checks are kept.
  public static func features(
    environment: [String: String] = ProcessInfo.processInfo.environment, sealer: Sealer = .absent
  ) -> [Feature] {
    [
      Monitoring.feature(sealer, environment: environment), OnCall.feature(environment: environment),
      Paging.feature(sealer, environment: environment), Recovery.feature(environment: environment),
      Figures.feature(), Board.feature(),
    ]
  }
}
