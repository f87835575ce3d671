import Kernel
import Storage
import Synchronization

/// The indexes of large registers, made when they are first asked for.
///
/// The ledger says whether one is still right: every change of an entry leaves an entry there, so an index whose ledger
/// head is the facility's head is exact, whichever process made the changes. Nothing of it is stored.
final class EntryIndexes: Sendable {
  private struct Key: Hashable {
    let facility: FacilityID
    let register: String
  }

  private struct Shelved {
    var index: EntryIndex
    var head: LedgerHead
    var lastUse: Int
  }

  private struct Shelf {
    var all: [Key: Shelved] = [:]
    var uses = 0
  }

  /// From so many entries on an index pays; below, the database answers as fast.
  private let least: Int
  /// Memory for all facilities together; beyond it the index that was used longest ago is let go.
  private let mostBytes: Int
  private let shelf = Mutex(Shelf())

  init(least: Int = 2_000, mostBytes: Int = 96 << 20) {
    (self.least, self.mostBytes) = (least, mostBytes)
  }

  /// Whether an index of so many entries is worth its memory.
  ///
  /// A table that another slice writes too has keys that do not stand in its texts, so the order is the database's to tell.
  func pays(for register: Register, _ count: Int) -> Bool { register.sharing == nil && count >= least }

  /// The index of a register as this transaction sees it.
  func index(of register: Register, in tx: ReadTx) throws -> EntryIndex {
    let key = Key(facility: tx.facility, register: register.id)
    // More changes than this are read faster all anew.
    let most = 1_000
    if let known = take(key), let (ids, head) = try tx.changes(of: register, after: known.head, most: most) {
      guard !ids.isEmpty else {
        if head != known.head { put(key, known.index, head) }
        return known.index
      }
      let changes = try tx.indexed(register, ids: ids)
      let next = known.index.updated(with: changes, gone: Set(ids))
      put(key, next, head)
      return next
    }
    // The head first: what is written in the meantime is looked at again the next time.
    let head = try tx.ledgerHead()
    let index = try tx.indexed(register)
    put(key, index, head)
    return index
  }

  private func take(_ key: Key) -> Shelved? {
    shelf.withLock { shelf in
      shelf.uses += 1
      shelf.all[key]?.lastUse = shelf.uses
      return shelf.all[key]
    }
  }

  private func put(_ key: Key, _ index: EntryIndex, _ head: LedgerHead) {
    shelf.withLock { shelf in
      // Another request may have come further meanwhile.
      if let other = shelf.all[key], other.head.sequence > head.sequence { return }
      shelf.uses += 1
      shelf.all[key] = Shelved(index: index, head: head, lastUse: shelf.uses)
      while shelf.all.values.reduce(0, { $0 + $1.index.bytes }) > mostBytes,
        let oldest = shelf.all.filter({ $0.key != key }).min(by: { $0.value.lastUse < $1.value.lastUse })
      {
        shelf.all[oldest.key] = nil
      }
    }
  }
}
