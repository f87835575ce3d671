import Foundation
public import Kernel
import Publishing
import Registers
import Storage
public import Web

extension Reports {
  /// The feature, with the packs it works on and the environment in which Typst is looked for.
  public static func feature(
    _ library: PackLibrary, environment: [String: String], sections: ReportSections = .none
  ) -> Feature {
    var feature = Feature("reports")
    feature.catalogs = [ReportText.catalog]
    let read: Set<Permission> = [.reportsRead, .summariesRead]
    feature.grants = [
      .administrator: read, .safetyManager: read, .itStaff: read, .management: read, .auditor: read,
      .specialist: read, .regionalAdviser: [.summariesRead],
    ]
    feature.menu = [
      MenuEntry("reports", path: "/reports", permission: .reportsRead, order: 70) {
        Texts<ReportText>($0)(.menu)
      }
    ]
    feature.menu.append(
      MenuEntry(
        "summaries", path: "/summaries", permission: .summariesRead, order: 71,
        isFor: { $0.roles.contains(.regionalAdviser) }, title: { Texts<ReportText>($0)(.summaries) }))
    feature.routes = { routes in
      Summaries.routes(&routes, library)
      routes.get("reports", needs: .reportsRead) { request, scope in
        let library = try await library.seen(by: scope)
        let rows = try await Assessments.all(in: scope).map { ($0, try library.form($0.form, of: $0.pack)) }
        return .page(ReportPage.list(request, rows))
      }
      routes.get("reports/:id", needs: .reportsRead) { request, scope in
        let report = try await management(
          try request.id(), library: library, sections: sections, in: scope)
        return .page(ReportPage.page(request, ReportWords(report, request.language)))
      }
      routes.showSensitive { $0.parameters["id"].map { "report:\($0)" } }
      for format in [Format.pdf, .xlsx, .json] {
        routes.get("reports/:id/management.\(format.rawValue)", needs: .reportsRead) { request, scope in
          let report = try await management(
            try request.id(), library: library, sections: sections, in: scope)
          let bytes = try await file(report, as: format, request.language, environment: environment)
          let name = "management-\(report.overview.assessment.fiscalYear).\(format.rawValue)"
          return .file(bytes, type: format.mediaType, name: name)
        }
        routes.openToTokens()
        routes.showSensitive { $0.parameters["id"].map { "report:\($0)" } }
      }
      routes.get("assessments/:id/sheet.pdf", needs: .assessmentsRead) { request, scope in
        let sheet = try await inspectionSheet(
          of: try request.id(), library: library, in: scope, request.language, environment: environment)
        return .file(sheet.bytes, type: "application/pdf", name: "checklist-\(sheet.year).pdf", inline: true)
      }
      routes.showSensitive { $0.parameters["id"].map { "assessment:\($0)" } }
    }
    return feature
  }
}

extension Reports.Format {
  var mediaType: String {
    switch self {
    case .pdf: "application/pdf"
    case .xlsx: Exchange.Format.xlsx.mediaType
    case .html: "text/html; charset=utf-8"
    case .json: "application/json"
    }
  }
}

extension Permission {
  public static let reportsRead = Permission("reports.read")
  /// Numbers of checklists without what they are about.
  static let summariesRead = Permission("summaries.read")
}
