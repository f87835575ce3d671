public import Kernel
public import NIOCore
public import NIOPosix
import Synchronization

/// Runs checks: one per installation, shared by the scheduler, the form's dry run and the command line.
///
/// It keeps one event loop group, one socket for pings of each family, one thread for the libraries that bring their own
/// sockets (net-snmp, libpq) and four for names; it starts no thread and no process for a check.
public final class Prober: Sendable {
  let networks: Networks
  let group: any EventLoopGroup
  let clock: @Sendable () -> Instant
  let names: Names
  let pings: PingSockets
  let lane: Lane
  let trust: TrustStore

  /// - Parameters:
  ///   - networks: What checks may reach.
  ///   - clock: Now, by which certificates are judged and messages dated.
  public init(
    networks: Networks, group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
    clock: @escaping @Sendable () -> Instant
  ) {
    (self.networks, self.group, self.clock) = (networks, group, clock)
    names = Names()
    pings = PingSockets(group: group)
    lane = Lane()
    trust = TrustStore()
  }

  /// Closes what is shared; no check may run any more.
  public func close() async {
    await pings.close()
    await names.close()
    lane.close()
  }

  /// Looks once; never longer than the check's time allows.
  ///
  /// - Parameters:
  ///   - traced: Whether to keep what goes over the line.
  ///   - networks: What this check may reach; the prober's own when nil.
  public func probe(_ check: any Check, traced: Bool = false, within networks: Networks? = nil) async
    -> Outcome
  {
    let began = ContinuousClock.now
    let trace = traced ? Trace(secrets: check.secrets) : nil
    let session = Session(self, check.limits, networks ?? self.networks, trace)
    var troubles: [Trouble] = []
    do {
      let sighting = try await check.examine(in: session)
      let took = Probes.milliseconds(ContinuousClock.now - began)
      return .weighed(sighting, after: took, limits: check.limits, trace: trace?.lines ?? [])
    } catch let several as Troubles {
      troubles = several.all
    } catch {
      troubles = [session.trouble(of: error)]
    }
    return Outcome(
      state: .down, milliseconds: Probes.milliseconds(ContinuousClock.now - began), troubles: troubles,
      notes: session.notes, trace: trace?.lines ?? [])
  }
}
