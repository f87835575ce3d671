import Kernel
import Storage

/// What paging asks of the slice that keeps rotas and the calendar.
struct RotaDoor: Sendable {
  /// Who is on call in a rota at a moment, in one layer.
  var people: @Sendable (_ rota: String, _ layer: Rota.Layer, Instant, ReadTx) throws -> [CallRecipient]
  /// The rotas that a step can name.
  var rotas: @Sendable (ReadTx) throws -> [(id: String, name: String)]
  var isHoliday: @Sendable (Day) -> Bool

  /// Without rotas: nobody is ever on call, and only weekends are free.
  static let none = RotaDoor(people: { _, _, _, _ in [] }, rotas: { _ in [] }, isHoliday: { _ in false })

  static let live = RotaDoor(
    people: { rota, layer, moment, tx in
      guard let id = Rota.ID(rota) else { return [] }
      return try OnCall.people(on: id, at: moment, layer: layer, in: tx).compactMap { found in
        switch found.member {
        case .person(let id): .person(id)
        case .desk(let name, let phone): .desk(name: name, phone: phone)
        }
      }
    },
    rotas: { tx in try OnCall.rotas(in: tx).map { (id: $0.id.text, name: $0.name) } },
    isHoliday: { day in Holiday.on(day) != nil })
}
