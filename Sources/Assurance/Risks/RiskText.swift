import Web

/// Words of risks.
enum RiskText: String, TextKey {
  case scrollHint
  case title, toAudits, lead, add, change, empty, emptyText, nothing, find, name, nameHint, asset, assetHint
  case system, systemHint, none, threat, threatHint, weaknessText, weaknessHint, method, scale, otherScale
  case use, confidentiality, integrity, availability, worthHint, threatLevel, weakness, weaknessStage
  case inherent, current, target, inherentHint, currentHint, targetHint, notRated, unratedHint
  case probability, impact, treatment, treatmentNone, avoid, reduce, transfer, accept, meanAvoid, meanReduce
  case meanTransfer, meanAccept, reason, reasonHint, expires, expiresHint, owner, nobody, origin, originHint
  case free, finding, vendor, checklist, audit, save, saved, refused, stale, staleText, dutyExpired
  case mapTitle, mapNone, stageLabel, showMap, levelCount, comma, figOpen, figUnrated, figUntreated
  case figWaiting, figExpired, show, showOpen, showUnrated, showUntreated, showWaiting, showExpired
  case showClosed, level, state, waiting, approvedLine, aloneLine, proposedLine, expiredTag, closedTag
  case closedLine, approve, approveText, approveOwn, remark, approveButton, closeTitle, because, becauseHint
  case closeButton, reopenButton, measures, measuresNone, measuresLead, putMeasure, takeOff, put, putDone
  case measuresNew, history, howTitle, howImportance, howLikelihood, howLevel, howChosen, pdf
  case xlsx, suggestions, suggestionsLead, suggestionsNone, takeOver, fromFinding, fromVendor, fromChecklist,
    fromAudit
  case dismiss, dismissStale, dismissLead, dismissReason, dismissHint, dismissDone, dismissed, dismissedBefore
  case dismissedBy, dismissedLead, dismissedNone, groundSame, groundChanged, groundGone, takeBack
  case answered, suggestionCount, scales, scalesLead, scalesFound, scalesNone, scaleTake, scaleTaken
  case scaleInUse, library, libraryShow, facts, high, medium, low, highText, mediumText, lowText, source
  case likelihoodTable, printedMost, subtitle, printedNotice, fingerprint, pageOf, count, value

  static let catalog = Catalog(RiskText.self, in: .module, folder: "Risks.files")

  static func treatment(_ treatment: Risk.Treatment) -> RiskText {
    switch treatment {
    case .avoid: .avoid
    case .reduce: .reduce
    case .transfer: .transfer
    case .accept: .accept
    }
  }

  static func meaning(_ treatment: Risk.Treatment) -> RiskText {
    switch treatment {
    case .avoid: .meanAvoid
    case .reduce: .meanReduce
    case .transfer: .meanTransfer
    case .accept: .meanAccept
    }
  }

  static func stage(_ stage: Risk.Stage) -> RiskText {
    switch stage {
    case .inherent: .inherent
    case .current: .current
    case .target: .target
    }
  }

  static func hint(_ stage: Risk.Stage) -> RiskText {
    switch stage {
    case .inherent: .inherentHint
    case .current: .currentHint
    case .target: .targetHint
    }
  }

  static func origin(_ kind: Risk.Origin.Kind) -> RiskText {
    switch kind {
    case .free: .free
    case .finding: .finding
    case .vendor: .vendor
    case .checklist: .checklist
    case .audit: .audit
    }
  }

  static func show(_ show: RiskFilter.Show) -> RiskText {
    switch show {
    case .open: .showOpen
    case .unrated: .showUnrated
    case .untreated: .showUntreated
    case .waiting: .showWaiting
    case .expired: .showExpired
    case .closed: .showClosed
    }
  }
}
