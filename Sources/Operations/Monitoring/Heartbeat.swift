import Kernel

/// When a job that reports by itself has to be heard.
struct Heartbeat: Sendable, Equatable {
  enum Rhythm: Sendable, Equatable {
    /// So many milliseconds after the last success.
    case every(Int64)
    case cron(Cron, Zone)
  }

  let rhythm: Rhythm
  /// How much later is still well; also how long a run may take once it has said that it starts.
  let graceMs: Int64

  /// What was heard of the job.
  struct Heard: Sendable, Equatable {
    var successAt: Instant?
    /// Of a run that has neither succeeded nor failed.
    var startedAt: Instant?
    var failedAt: Instant?
    /// Of the last run that gave one.
    var exitCode: Int?

    /// What was heard once `signal` has come too.
    func hearing(_ signal: BeatSignal, at moment: Instant) -> Heard {
      var next = self
      switch signal {
      // The first run that has not ended counts: one that is killed and begins anew for ever is late.
      case .start: next.startedAt = startedAt ?? moment
      case .success:
        (next.successAt, next.startedAt, next.failedAt, next.exitCode) = (moment, nil, nil, nil)
      case .fail: (next.failedAt, next.startedAt, next.exitCode) = (moment, nil, nil)
      case .exit(let code):
        if code == 0 { return hearing(.success, at: moment).with(code: 0) }
        (next.failedAt, next.startedAt, next.exitCode) = (moment, nil, code)
      }
      return next
    }

    private func with(code: Int) -> Heard {
      var next = self
      next.exitCode = code
      return next
    }
  }

  /// How the job stands.
  enum Standing: Sendable, Equatable {
    /// Nothing has come yet, and it is not late.
    case waiting
    case well
    case running
    case failed
    case late
  }

  /// When silence becomes an alarm.
  ///
  /// - Parameter created: When the monitor was made or last changed; from then on one waits for the first beat.
  func deadline(_ heard: Heard, created: Instant) -> Instant {
    let last = max(heard.successAt ?? created, created)
    let expected =
      switch rhythm {
      case .every(let period): last.adding(milliseconds: period)
      // An expression that never fires is not taken, so there is a next time.
      case .cron(let cron, let zone): cron.next(after: last, in: zone) ?? last
      }
    let ordinary = expected.adding(milliseconds: graceMs)
    // Whoever has said that they start is waited for, but not for ever.
    return heard.startedAt.map { $0.adding(milliseconds: graceMs) } ?? ordinary
  }

  func standing(_ heard: Heard, created: Instant, at now: Instant) -> Standing {
    if heard.failedAt != nil, heard.startedAt == nil { return .failed }
    if now >= deadline(heard, created: created) { return .late }
    if heard.startedAt != nil { return .running }
    return heard.successAt == nil ? .waiting : .well
  }
}

/// What a job says.
enum BeatSignal: Sendable, Equatable {
  case success, start, fail
  /// 0 to 255; 0 is a success.
  case exit(Int)

  /// Reads the last part of the address: nothing, `start`, `fail`, or a number.
  init?(_ text: String?) {
    switch text {
    case nil, "": self = .success
    case "start": self = .start
    case "fail": self = .fail
    case let text?:
      guard text.utf8.count <= 3, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let code = Int(text),
        (0...255).contains(code)
      else { return nil }
      self = .exit(code)
    }
  }

  /// As it is stored.
  var code: String {
    switch self {
    case .success: "success"
    case .start: "start"
    case .fail: "fail"
    case .exit(let code): "\(code)"
    }
  }

  init?(code: String) { self.init(code == "success" ? nil : code) }
}
