import Web

/// Words of the drawings.
enum DiagramText: String, TextKey {
  case connectionTitle, systemTitle, connectionLead, systemLead, connectionLabel, systemLabel
  case concerned, columnSource, columnPoint, columnDevice, columnAccess, columnSystem, columnNeeds
  case columnStops, columnFindings, unknownSource, unknownSystem, onlyDevice, notWritten
  case systemNotWritten, sources, sourcesMore, sourcesLong, subtitle, fingerprint, pageOf, tableTitle
  case svgLink, pdfLink, picture, partTitle, partText, nothing, connectionEmpty, systemEmpty
  case toConnections, toSystems, none

  static let catalog = Catalog(DiagramText.self, in: .module, folder: "Diagrams.files")
}
