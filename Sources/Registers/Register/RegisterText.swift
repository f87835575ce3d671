import Web

/// Words that all registers share.
enum RegisterText: String, TextKey {
  case menu, tabs, search, searchLabel, all, attention, attentionAll, attentionOnly, find, matching
  case matchingAttention, nothingFound, nothingFoundText, showAll, add, addTitle, change, save, saved
  case added, removed, remove, removeTitle, removeText, removeButton, findings, noFindings, facts
  case history, none, choose, bulkField, bulkPreview, bulkTitle, bulkLead, bulkBefore, bulkAfter
  case bulkApply, bulkDone, bulkSame, select, selectAll, back, referenceHint, exportLink, importLink
  case people, changedField, staleTitle, staleText, listCaption, noValue, chosen

  static let catalog = Catalog(RegisterText.self, in: .module, folder: "Register.files")
}
