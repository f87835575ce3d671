import Kernel
import Storage

/// What paging asks of the slice that keeps rotas and the calendar.
struct RotaDoor: Sendable {
  /// Who is on call in a rota at a moment, in one layer.
  var people: @Sendable (_ rota: String, _ layer: RotaLayer, Instant, ReadTx) throws -> [CallRecipient]
  /// The rotas that a step can name.
  var rotas: @Sendable (ReadTx) throws -> [(id: String, name: String)]
  var isHoliday: @Sendable (Day) -> Bool

  /// Without rotas: nobody is ever on call, and only weekends are free.
  static let none = RotaDoor(people: { _, _, _, _ in [] }, rotas: { _ in [] }, isHoliday: { _ in false })

  static let live = none
}
