public import Kernel
public import NIOCore
public import NIOPosix
import Synchronization

/// Runs checks: one per installation, shared by the scheduler, the form's dry run and the command line.
///
/// It keeps one event loop group, one socket for pings of each family, one thread for each library that brings its own
/// sockets (net-snmp, libpq) and four for names; it starts no thread and no process for a check.
public final class Prober: Sendable {
  let networks: Networks
  let group: any EventLoopGroup
  let clock: @Sendable () -> Instant
  let names: Names
  let pings: PingSockets
  /// Of net-snmp.
  let agents: Lane
  /// Of libpq, apart: a server can make libpq reckon for minutes, and no other kind is to wait for that.
  let databases: Lane
  let trust: TrustStore

  /// - Parameters:
  ///   - networks: What checks may reach.
  ///   - clock: Now, by which certificates are judged and messages dated.
  public convenience init(
    networks: Networks, group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
    clock: @escaping @Sendable () -> Instant
  ) {
    self.init(networks: networks, group: group, clock: clock, names: Names())
  }

  init(
    networks: Networks, group: any EventLoopGroup, clock: @escaping @Sendable () -> Instant, names: Names
  ) {
    (self.networks, self.group, self.clock, self.names) = (networks, group, clock, names)
    pings = PingSockets(group: group)
    (agents, databases) = (Lane(), Lane())
    trust = TrustStore()
  }

  /// Closes what is shared; no check may run any more.
  public func close() async {
    await pings.close()
    names.close()
    agents.close()
    databases.close()
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
      let sighting = try await withTaskExecutorPreference(check.isWeighty ? nil : LoopExecutor(session.loop))
      {
        try await check.examine(in: session)
      }
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
