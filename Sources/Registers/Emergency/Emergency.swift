public import Kernel
public import Storage
public import Web

/// The emergency sheet (緊急時の連絡体制図): who calls whom, drawn from roles, contacts and vendors, on one A4 page.
public enum Emergency {
  /// The feature, with the environment in which Typst is looked for.
  public static func feature(environment: [String: String]) -> Feature {
    var feature = Feature("emergency")
    feature.catalogs = [EmergencyText.catalog]
    // Everyone of the facility: it hangs on the walls. Of those from elsewhere only who works here.
    feature.grants = Dictionary(
      uniqueKeysWithValues: (Role.standing + [.specialist]).map { ($0, [.emergencyRead]) })
    feature.menu = [
      MenuEntry("emergency", path: "/emergency", permission: .emergencyRead, order: 90, isEmergency: true) {
        Texts<EmergencyText>($0)(.menu)
      }
    ]
    feature.routes = { routes in
      routes.get("emergency", needs: .emergencyRead) { request, scope in
        .page(EmergencyPage.page(request, try await sheet(in: scope)))
      }
      routes.get("emergency.pdf", needs: .emergencyRead) { request, scope in
        let bytes = try await sheet(in: scope).pdf(request.language, environment: environment)
        return .file(bytes, type: "application/pdf", name: "emergency-\(scope.now.day).pdf", inline: true)
      }
    }
    return feature
  }

  /// What the sheet shows today; from it come the drawing (``EmergencySheet/drawing(_:)``) and the PDF.
  public static func sheet(in scope: Scope) async throws -> EmergencySheet {
    try await scope.read { try sheet($0, on: scope.now.day) }
  }

  public static func sheet(_ tx: ReadTx, on day: Day) throws -> EmergencySheet {
    try tx.emergencySheet(on: day)
  }
}

extension Permission {
  public static let emergencyRead = Permission("emergency.read")
}
