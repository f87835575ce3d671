/// DICOM: opens an association, sends C-ECHO, and releases it (PS3.4 annex A, verification).
public struct DICOMCheck: Check {
  public let target: Target
  public let called: AETitle
  public let calling: AETitle
  public let tls: TLSRules?
  public let limits: Limits

  /// The port when none is written: registered with IANA for DICOM; with TLS it is 2762.
  public static let (standardPort, standardSecurePort) = (11112, 2762)

  public init(target: Target, called: AETitle, calling: AETitle, tls: TLSRules? = nil, limits: Limits) {
    (self.target, self.called, self.calling) = (target, called, calling)
    (self.tls, self.limits) = (tls, limits)
  }

  public func examine(in session: Session) async throws -> Sighting {
    let talk = Echo(calling: calling, called: called)
    var (_, sighting) = try await session.converse(talk, with: target, tls: tls)
    sighting.notes.insert(Note(key: "probes.echoed", target.description, called.text), at: 0)
    return sighting
  }
}

/// The talk of a C-ECHO.
struct Echo: Conversation {
  private enum Phase { case associating, echoing, releasing }

  let calling: AETitle
  let called: AETitle
  private var phase = Phase.associating
  private var buffer: [UInt8] = []
  private var command: [UInt8] = []

  init(calling: AETitle, called: AETitle) { (self.calling, self.called) = (calling, called) }

  mutating func begin() -> Turn<Void> { .say(DICOMRequest.associate(calling: calling, called: called)) }

  mutating func hear(_ bytes: [UInt8]) throws(Trouble) -> Turn<Void> {
    buffer += bytes
    var say: [UInt8] = []
    while let unit = try DICOMUnit.take(from: &buffer) {
      let turn = try answer(unit)
      say += turn.say
      if turn.result != nil { return .done((), saying: say) }
    }
    return .say(say)
  }

  private mutating func answer(_ unit: DICOMUnit) throws(Trouble) -> Turn<Void> {
    switch (unit, phase) {
    case (.accepted(let results), .associating):
      guard let result = results[DICOMRequest.context] else { throw .brokenDICOM("A-ASSOCIATE-AC") }
      guard result == 0 else { throw .noVerification() }
      phase = .echoing
      return .say(DICOMRequest.echo())
    case (.rejected(let result, let source, let reason), .associating):
      throw rejection(result, source, reason)
    case (.data(let fragments), .echoing):
      return try hear(fragments)
    // The echo has come back: whoever ends it now, and how, is no fault.
    case (.released, .releasing), (.aborted, .releasing): return .done(())
    case (.releaseRequested, .releasing): return .done((), saying: DICOMRequest.released())
    case (.aborted(let source, let reason), _):
      throw .associationAborted("source \(source), reason \(reason)")
    default: throw .brokenDICOM("\(unit)".prefix { $0 != "(" }.description)
    }
  }

  private mutating func hear(_ fragments: [DICOMUnit.Fragment]) throws(Trouble) -> Turn<Void> {
    for fragment in fragments {
      guard fragment.context == DICOMRequest.context, fragment.isCommand else {
        throw .brokenDICOM("P-DATA-TF")
      }
      command += fragment.bytes
      guard command.count <= DICOMUnit.mostBytes else { throw .brokenDICOM("C-ECHO-RSP") }
      guard fragment.isLast else { continue }
      let status = try DICOMRequest.status(in: command)
      guard status == 0 else { throw .echoFailed(String(status, radix: 16, uppercase: true)) }
      phase = .releasing
      return .say(DICOMRequest.release())
    }
    return .wait
  }

  private func rejection(_ result: UInt8, _ source: UInt8, _ reason: UInt8) -> Trouble {
    switch (source, reason) {
    case (1, 7): .unknownCalledAE(called.text)
    case (1, 3): .unknownCallingAE(calling.text)
    case (3, 1), (3, 2): .associationBusy()
    default: .associationRejected("result \(result), source \(source), reason \(reason)")
    }
  }

  mutating func closed() -> Void? { phase == .releasing ? () : nil }
  func late() -> Void? { phase == .releasing ? () : nil }
}
