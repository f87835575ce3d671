/// The pages to which someone may go back who asked for something below them that is not there.
struct Sections: Sendable {
  private let pages: [(parts: [Substring], access: Access)]

  /// - Parameter routes: of these, pages at fixed addresses, and those marked as lists (``Routes/listEntries()``).
  init(_ routes: [Route]) {
    pages = routes.compactMap { route in
      let parts = route.path.split(separator: "/")
      let isFixed = !parts.contains { $0.hasPrefix(":") || $0.contains("*") }
      guard route.method == "GET", route.access != .open, !parts.isEmpty, isFixed || route.isList,
        // A file to be taken is no page to go back to.
        parts.last?.contains(".") == false
      else { return nil }
      return (parts, route.access)
    }
  }

  /// The nearest page above the request's address that its person may open; nil when there is none.
  func above(_ request: WebRequest) -> String? {
    guard request.visitor != nil else { return nil }
    var parts = request.path.split(separator: "/")
    while parts.count > 1 {
      parts.removeLast()
      let isOpen = pages.contains { page in
        guard page.parts.count == parts.count else { return false }
        guard zip(page.parts, parts).allSatisfy({ $0 == $1 || $0.hasPrefix(":") }) else { return false }
        if case .needs(let permission) = page.access { return request.may(permission) }
        return true
      }
      if isOpen { return "/" + parts.joined(separator: "/") }
    }
    return nil
  }
}
