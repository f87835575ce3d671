import Synchronization

/// Counts and durations by route, as Prometheus reads them (text format 0.0.4).
public final class Metrics: Sendable {
  private struct Key: Hashable {
    let method: String
    let route: String
    let status: Int
  }

  private struct Timing {
    var count = 0
    var sumSeconds = 0.0
    var buckets = [Int](repeating: 0, count: Metrics.bounds.count)
  }

  private static let bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]
  private let counts = Mutex<[Key: Timing]>([:])

  public init() {}

  func record(method: String, route: String, status: Int, seconds: Double) {
    counts.withLock { counts in
      var timing = counts[Key(method: method, route: route, status: status)] ?? Timing()
      timing.count += 1
      timing.sumSeconds += seconds
      for (index, bound) in Metrics.bounds.enumerated() where seconds <= bound { timing.buckets[index] += 1 }
      counts[Key(method: method, route: route, status: status)] = timing
    }
  }

  /// - Parameter gauges: further values; those of one name stand together, as the format asks.
  func text(gauges: [Gauge]) -> String {
    var lines = [
      "# HELP http_request_duration_seconds Time to answer.",
      "# TYPE http_request_duration_seconds histogram",
    ]
    let sorted = counts.withLock { $0 }.sorted {
      ($0.key.route, $0.key.method, $0.key.status) < ($1.key.route, $1.key.method, $1.key.status)
    }
    for (key, timing) in sorted {
      let labels = "method=\"\(key.method)\",route=\"\(key.route)\",status=\"\(key.status)\""
      for (index, bound) in Metrics.bounds.enumerated() {
        lines.append(
          "http_request_duration_seconds_bucket{\(labels),le=\"\(bound)\"} \(timing.buckets[index])")
      }
      lines.append("http_request_duration_seconds_bucket{\(labels),le=\"+Inf\"} \(timing.count)")
      lines.append("http_request_duration_seconds_sum{\(labels)} \(timing.sumSeconds)")
      lines.append("http_request_duration_seconds_count{\(labels)} \(timing.count)")
    }
    var names: [String] = []
    for gauge in gauges where !names.contains(gauge.name) { names.append(gauge.name) }
    let byName = Dictionary(grouping: gauges, by: \.name)
    for name in names {
      let same = byName[name] ?? []
      lines += ["# HELP \(name) \(same.first?.help ?? "")", "# TYPE \(name) gauge"]
      lines += same.map { "\(name)\($0.labels) \($0.value)" }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
