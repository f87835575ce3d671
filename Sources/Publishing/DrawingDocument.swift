public import Kernel

/// The data of `diagram.typ`: pictures on as many pages as they need, then what they show as tables.
public struct DrawingDocument: Encodable, Sendable {
  /// A drawing at the size at which it is printed, in points.
  public struct Picture: Encodable, Sendable {
    let name: String
    let width: Double
    let height: Double
    let svg: SVG

    /// - Parameter name: of the file that the template reads, such as `chart.svg`.
    public init(_ name: String, _ svg: SVG, width: Double, height: Double) {
      (self.name, self.svg, self.width, self.height) = (name, svg, width, height)
    }

    private enum CodingKeys: String, CodingKey { case name, width, height }
  }

  private let lang, title, subtitle, dateIso, author: String
  private let paper: DiagramSheet.Paper
  private let check: String
  private let fingerprintLabel, fingerprint, pageOf: String
  private let tables: [TableDocument.Table]
  private let pictures: [Picture]

  /// - Parameter check: what stands below everything, such as who has looked at it and when.
  public init(
    _ title: String, _ frame: TableDocument.Frame, on paper: DiagramSheet.Paper = .a4, check: String,
    pictures: [Picture], tables: [TableDocument.Table]
  ) {
    (lang, self.title, subtitle) = (frame.lang, title, frame.subtitle)
    (dateIso, author, self.paper, self.check) = (frame.dateIso, frame.author, paper, check)
    (fingerprintLabel, fingerprint, pageOf) = (frame.fingerprintLabel, frame.fingerprint, frame.pageOf)
    (self.tables, self.pictures) = (tables, pictures)
  }

  /// By the names under which the template asks for them.
  fileprivate var charts: [String: SVG] {
    Dictionary(pictures.map { ($0.name, $0.svg) }, uniquingKeysWith: { first, _ in first })
  }
}

extension PdfMaker {
  public func make(_ drawing: DrawingDocument) async throws(PdfProblem) -> [UInt8] {
    try await make(template: "diagram", of: drawing, charts: drawing.charts)
  }
}
