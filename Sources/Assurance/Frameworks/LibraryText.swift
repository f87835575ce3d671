import Web

/// Words of the pages about frameworks from outside.
enum LibraryText: String, TextKey {
  case title, lead, toList, take, empty, emptyText, name, provider, version, requirements, warnings
  case takenIn, taken, shared, older, count, counts, importTitle, importLead, importFile, importHint
  case importRead, back, importOther, apply, same, sameText, isNew, update, olderVersion, differences
  case added, changed, removed, removedText, more, noDifference, warningsTitle, warningsNone
  case warningsLead, place, line, what, facts, copyright, noCopyright, published, locale, languages
  case urn, sha256, contents, frameworks, mappingSets, mappingValue, controls, threats, matrices
  case presets, versions, thisVersion, export, search, find, top, sections, nothing, nothingText
  case assessable, answerable, language, ownLanguage, evidence, annotation, groups, questions
  case controlsOf, noText, found, ofQuestion, unresolved, missing
  case retire, retireText, retireShared, retired, beginAudit, toAudits
  case ownTitle, ownLead, ownNone, ownNoneText, ownUnused, ownUsed, ownNewer, ownOpen, ownUse, ownUpdate
  case toOwn

  static let catalog = Catalog(LibraryText.self, in: .module, folder: "Frameworks.files")
}
