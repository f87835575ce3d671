/// Which part of a long list is asked for. It stands in the URL: `?page=3&size=200`.
public struct Listing: Sendable, Equatable {
  /// 1 for the first page.
  public let page: Int
  /// Rows on a page: one of ``sizes``.
  public let size: Int

  public static let sizes = [50, 200]

  public init(page: Int = 1, size: Int = 50) {
    self.page = min(max(page, 1), 1_000_000)
    self.size = Listing.sizes.contains(size) ? size : Listing.sizes[0]
  }

  public init(_ request: WebRequest) {
    self.init(
      page: request.query("page").flatMap(Int.init) ?? 1, size: request.query("size").flatMap(Int.init) ?? 0)
  }

  /// Rows to pass over.
  public var offset: Int { (page - 1) * size }
}

extension Components {
  /// From which row to which of how many, the pages before and after, and how many rows a page shows; nil for a short list.
  ///
  /// - Parameter keeping: the other parts of the query (filters), which the links carry on.
  public static func pager(
    _ listing: Listing, total: Int, path: String, keeping: [(name: String, value: String)] = [],
    _ t: Texts<WebText>
  ) -> HTML? {
    guard total > Listing.sizes[0] else { return nil }
    func link(_ page: Int, _ size: Int, _ label: String) -> HTML {
      let query = (keeping.filter { !$0.value.isEmpty } + [("page", "\(page)"), ("size", "\(size)")])
        .map { "\(urlEncoded($0.name))=\(urlEncoded($0.value))" }.joined(separator: "&")
      return "<a href=\"\(path)?\(query)\">\(label)</a>"
    }
    let first = min(listing.offset + 1, total)
    let last = min(listing.offset + listing.size, total)
    let before = listing.page > 1 ? link(listing.page - 1, listing.size, t(.pageBefore)) : nil
    let after = last < total ? link(listing.page + 1, listing.size, t(.pageAfter)) : nil
    let sizes = Listing.sizes.html { size in
      size == listing.size ? "<b aria-current=\"true\">\(size)</b> " : "\(link(1, size, "\(size)")) "
    }
    return """
      <nav class="pager small" aria-label="\(t(.pages))"><span>\(t(.pageRange, "\(first)", "\(last)", "\(total)"))</span>
      <span class="cluster">\(before)\(after)</span><span class="cluster">\(t(.pageSize)) \(sizes)</span></nav>
      """
  }
}
