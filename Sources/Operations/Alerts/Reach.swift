import Kernel
import Registers
import Storage

/// Whom a message reaches.
struct Reach: Sendable {
  /// Those who sign in have an inbox.
  let inbox: Set<PersonID>
  /// Those who have a mail address, where mail is sent.
  let mail: Set<PersonID>

  init(inbox: Set<PersonID>, mail: Set<PersonID>) { (self.inbox, self.mail) = (inbox, mail) }

  init(_ tx: ReadTx, on day: Day) throws {
    let people = try tx.peopleToReach(on: day)
    inbox = Set(people.filter(\.signsIn).map(\.id))
    mail = try tx.hasMailServer() ? Set(people.filter(\.hasMail).map(\.id)) : []
  }

  /// Those of the people whose system it is whom it reaches; without any, the keepers of the systems. Empty when it reaches
  /// nobody. What is slow goes to the inbox only.
  func people(_ own: [PersonID], else keepers: [PersonID], for grade: Alert.Grade) -> Set<PersonID> {
    let reached = grade == .down ? inbox.union(mail) : inbox
    let found = reached.intersection(own)
    return found.isEmpty ? reached.intersection(keepers) : found
  }
}

/// A monitor that could not be asked several times over, though nothing is known to be wrong with what it watches.
struct RefusedLook: Sendable {
  let monitor: Monitor.ID
  let problem: StoredMonitor.StoredProblem
}

extension AlertDesk {
  /// Tells the keepers of the systems, in their inbox, what cannot be watched: once a day for each reason.
  func tell(of looks: [RefusedLook], in scope: Scope) async throws {
    try await scope.write { tx in
      let keepers = try tx.alertKeepers(on: scope.now.day)
      for (code, ofCode) in Dictionary(grouping: looks, by: \.problem.code) {
        guard let first = ofCode.min(by: { $0.monitor < $1.monitor }),
          let name = try tx.monitor(first.monitor)?.monitor.name
        else { continue }
        for keeper in keepers {
          try tx.housekeeping.post(
            Message(
              cause: "monitoring-refused:\(code):\(scope.now.day)", recipient: keeper, step: 1,
              key: "monitoring.refused", arguments: [name, "\(ofCode.count)"],
              link: "/monitoring?state=unknown"))
        }
      }
    }
  }
}
