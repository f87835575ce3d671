import Web

/// Words of monitoring.
enum MonitoringText: String, TextKey {
  case menu, title, records, lead, add, networks, emptyTitle, emptyText, emptyReader, openAlerts
  case sinceTime, untold, takenBy, take, monitors, state, name, system, level, lastResult, responseTime
  case milliseconds, notYet, noneMatch, everyState, onlyBad, everyKind, search, kindOfCheck, narrow
  case windows, endWindow, allMonitors, unwatched, unwatchedText, noBackup, noBackupText, backupOf
  case devicesSeen, devicesSeenText, watchThis, watch, andMore, networksLead, networksField
  case networksHint, notSaved, save, chooseKind, addressTitle, addressOnce, addressText, addressUse
  case addressExample, addressEnds, toMonitor, settingsOf, tryIt, nameHint, advice, adviceHint, isYes
  case isNo, none, example, secretKept, secretHint, rhythm, rhythmPeriod, rhythmCron, periodMinutes
  case periodHint, cron, cronHint, zone, graceMinutes, graceHint, isBackup, noSystem, levelOfSystem
  case noParent, parent, parentHint, systemHint, familyAny, interval, intervalHint, more, timeout
  case slowAfter, slowHint, downAfter, failures, failuresHint, recoveries, family, sentinel
  case sentinelHint, trialUp, trialSlow, trialDown, trialNotSaved, trace, traceHint, everySeconds
  case everyMinutes, everyHours, change, standing, since, why, staleWhy, unknownWhy, inWindow
  case flapping, flappingText, doubt, doubtText, lateness, latenessValue, lastSuccess, expectedBy
  case dayFigures, daysFigures, timesTitle, daysTitle, lastResults, when, inMs, lateMs, noBeats
  case noBeatsText, log, beats, said, fromAddress, beatSuccess, beatStart, beatFail, beatExit
  case stillOpen, alerts, addWindow, windowText, from, until, reason, reasonHint, windowFor, onlyThis
  case newAddress, upkeep, resume, pause, remove, removeText, target, statusCodes, expects, sends
  case redirects, speaksTLS, verifies, authority, authorityHint, slowDays, downDays, dnsType
  case dnsServer, dnsServerHint, dnsExpected, dnsExpectedHint, security, slowOffset, downOffset, oid
  case snmpUser, snmpAuthentication, snmpPrivacy, snmpSecret, snmpPrivacySecret, equals, slowBelow
  case downBelow, slowAbove, downAbove, calledAE, callingAE, hl7Message, hl7Hint, database
  case databaseUser, password, loginUser, loginSecret, userHint, escapesHint, backupSignal
  case backupConcern, keepsLogs, logSignal, logLimits, logConcern, mailDownHead, mailBackHead, mailRest
  case shownDown, shownStale, shownUnknown, shownDoubtful, shownSlow, shownWaiting, shownUp
  case shownPaused, sightUp, sightSlow, sightDown, sightUnknown, levelOne, levelTwo, levelThree
  case levelFour, levelFive, kindHttp, kindTcp, kindIcmp, kindTls, kindDns, kindSmtp, kindNtp
  case kindSnmp, kindDicom, kindHl7, kindFhir, kindPostgres, kindHeartbeat, aboutHttp, aboutTcp
  case aboutIcmp, aboutTls, aboutDns, aboutSmtp, aboutNtp, aboutSnmp, aboutDicom, aboutHl7, aboutFhir
  case aboutPostgres, aboutHeartbeat, kindCertificate, aboutCertificate
  case beatsRefused, timeApart, parentNamed, ceiling
  case chooseTitle, chooseTitleOf, chooseKept, fitting, usual, otherKinds, kindNow, takeKind, takeKindOf
  case otherKind, moreHint, intervalOfLevel, emptyAlone, emptyChoose, wayHttp, wayTcp, wayIcmp, wayTls
  case wayDns, waySmtp, wayNtp, waySnmp, wayDicom, wayHl7, wayFhir, wayPostgres, wayCertificate
  case wayHeartbeat, moreUnwatched
  case repeatTitle, repeatOnce, repeatDaily, repeatWeekly, repeatMonthly, repeatUntil, repeatHint

  static let catalog = Catalog(MonitoringText.self, in: .module, folder: "Monitoring.files")

  static func shown(_ shown: Shown) -> Self {
    switch shown {
    case .down: .shownDown
    case .stale: .shownStale
    case .unknown: .shownUnknown
    case .doubtful: .shownDoubtful
    case .slow: .shownSlow
    case .waiting: .shownWaiting
    case .up: .shownUp
    case .paused: .shownPaused
    }
  }

  static func sight(_ sight: Sight) -> Self {
    switch sight {
    case .up: .sightUp
    case .slow: .sightSlow
    case .down: .sightDown
    case .unknown: .sightUnknown
    }
  }

  static func level(_ level: ImpactLevel) -> Self {
    switch level {
    case .l1: .levelOne
    case .l2: .levelTwo
    case .l3: .levelThree
    case .l4: .levelFour
    case .l5: .levelFive
    }
  }

  static func kind(_ kind: MonitorKind) -> Self {
    switch kind {
    case .http: .kindHttp
    case .tcp: .kindTcp
    case .icmp: .kindIcmp
    case .tls: .kindTls
    case .dns: .kindDns
    case .smtp: .kindSmtp
    case .ntp: .kindNtp
    case .snmp: .kindSnmp
    case .dicom: .kindDicom
    case .hl7: .kindHl7
    case .fhir: .kindFhir
    case .postgres: .kindPostgres
    case .certificate: .kindCertificate
    case .heartbeat: .kindHeartbeat
    }
  }

  /// The kind as the question that it answers.
  static func way(_ kind: MonitorKind) -> Self {
    switch kind {
    case .http: .wayHttp
    case .tcp: .wayTcp
    case .icmp: .wayIcmp
    case .tls: .wayTls
    case .dns: .wayDns
    case .smtp: .waySmtp
    case .ntp: .wayNtp
    case .snmp: .waySnmp
    case .dicom: .wayDicom
    case .hl7: .wayHl7
    case .fhir: .wayFhir
    case .postgres: .wayPostgres
    case .certificate: .wayCertificate
    case .heartbeat: .wayHeartbeat
    }
  }

  static func about(_ kind: MonitorKind) -> Self {
    switch kind {
    case .http: .aboutHttp
    case .tcp: .aboutTcp
    case .icmp: .aboutIcmp
    case .tls: .aboutTls
    case .dns: .aboutDns
    case .smtp: .aboutSmtp
    case .ntp: .aboutNtp
    case .snmp: .aboutSnmp
    case .dicom: .aboutDicom
    case .hl7: .aboutHl7
    case .fhir: .aboutFhir
    case .postgres: .aboutPostgres
    case .certificate: .aboutCertificate
    case .heartbeat: .aboutHeartbeat
    }
  }
}
