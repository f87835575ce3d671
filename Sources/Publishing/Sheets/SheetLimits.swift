/// How much of a file from outside is taken before it is refused.
public struct SheetLimits: Sendable, Equatable {
  public var fileBytes = 20 << 20
  /// Of all parts that are unpacked, together.
  public var unpackedBytes = 200 << 20
  /// Unpacked to packed size of one part; not looked at below ``ratioFreeBytes``.
  public var ratio = 200
  public var ratioFreeBytes = 1 << 20
  /// Rows and columns that hold something; formatted but empty cells beyond them are ignored.
  public var rows = 5_000
  public var columns = 200
  /// Cells of all sheets, with the gaps to the left of a filled cell.
  public var cells = 1_000_000
  /// XML elements of the whole file, those of empty cells included; six for each cell that is allowed.
  public var elements = 6_000_000
  /// UTF-16 units in one cell, as Excel counts.
  public var textLength = 32_767
  public var sheets = 50

  public init() {}

  public static let standard = SheetLimits()
}
