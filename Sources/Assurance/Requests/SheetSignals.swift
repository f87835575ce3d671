import Kernel
import Storage
import Web

/// What vendors have handed in on one concept of the checklists.
struct SheetFigures: Sendable, Equatable {
  var yes = 0
  var no = 0
  /// The oldest day on which a vendor says it looked.
  var oldest: Day?
  /// Checklists of vendors that have not come back yet.
  var waiting = 0
}

extension Requests {
  /// What vendors' checklists of the fiscal year say about a concept; nil while none has been handed in that answers it.
  static func signal(
    _ concept: String, library: PackLibrary, _ tx: ReadTx, on day: Day
  ) throws -> Signal? {
    let vendors = [SheetForm.vendorForms.other, SheetForm.vendorForms.pharmacy]
    let forms = try library.known(to: tx.facility).packs().flatMap(\.forms).filter { vendors.contains($0.id) }
    let items = forms.flatMap(\.items).filter { $0.concept == concept }.map(\.id)
    guard !items.isEmpty else { return nil }
    return signal(of: try tx.sheetFigures(of: items, since: day.fiscalYear.first.start))
  }

  /// A vendor's いいえ counts at once; はい decides only when every vendor that was asked has answered.
  static func signal(of figures: SheetFigures) -> Signal? {
    guard figures.yes + figures.no > 0 else { return nil }
    let state: Signal.State =
      switch (figures.yes, figures.no, figures.waiting) {
      case (0, 1..., _): .unmet
      case (_, 1..., _): .partly
      case (_, _, 1...): .unknown
      default: .met
      }
    return Signal(
      state, Sentence(RequestText.signalAnswers, figures.yes + figures.no, figures.yes),
      concern: figures.no > 0
        ? Sentence(RequestText.signalNo, figures.no)
        : figures.waiting > 0 ? Sentence(RequestText.signalWaiting, figures.waiting) : nil,
      oldest: figures.oldest, path: "/requests?kind=\(SheetRequest.Kind.vendorChecklist.rawValue)",
      ground: "yes=\(figures.yes) no=\(figures.no) waiting=\(figures.waiting)")
  }
}
