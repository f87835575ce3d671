import Web

/// Words of calls.
enum PagingText: String, TextKey {
  case title, lead, monitoring, home, preferences, channels, notSaved, save, saved, change, isYes, isNo
  case name, faults, faultsText, faultNobody, faultUnanswered, faultMissing, faultDifferent
  case faultUnsent, rules, rulesText, noRules, noRulesText, elseStanding, addRule, changeRule
  case removeRule, removeRuleText, criteria, criteriaHint, system, everySystem, levels, lowest, highest
  case whenHours, whenHoursHint, always, hoursBusiness, hoursNight, hoursHoliday, takesSlow, start
  case startNow, startMorning, startInbox, hold, holdHint, heldFor, policy, standing, position
  case positionHint, policies, noPolicies, noPoliciesText, addPolicy, removePolicy, removePolicyText
  case policyText, policyNameHint, step, after, afterMinutes, whom, alsoWhom, nobodyChosen, owner
  case deputy, administrators, rotaPrimary, rotaSecondary, room, repeats, repeated, gap, hoursTitle
  case hoursText, workingDays, opens, closes, yearEnd, yearEndOff, weekdaySun, weekdayMon, weekdayTue
  case weekdayWed, weekdayThu, weekdayFri, weekdaySat, preferencesText, byMail, noMail, phoneWay
  case phoneWayHint, noPhone, noPhones, phoneNumber, nightNumber, dayNumber, language, noChannels
  case noChannelsText, channelsText, addChannel, removeChannel, removeChannelText, kindJson, aboutJson
  case kindSlack, aboutSlack, kindTeams, aboutTeams, kindMattermost, aboutMattermost, kindChatwork
  case aboutChatwork, kindGateway, aboutGateway, kindCommand, aboutCommand, url, urlHint, urlKept
  case header, headerHint, headerValue, headerValueHint, chatworkToken, bodyForm, body, bodyHint
  case command, noCommands, noCommandsText, testTitle, testLead, testNumber, testSend, testSent
  case testSentText, testFailed, testText, lastPosts, written, channel, state, postSent, postFailed
  case postWaiting, lifeTitle, lifeText, lifeEvery, lifeNever, everyMinutes, lifeURL, lifeURLHint
  case lifeURLKept, lifeMail, lifeMailHint, lifeLast, lifeWell, lifeWritten, lifeSubject, lifeBody, printed
  case printedAt, overSince, taken, nextCall, take, takeAs, takeText, noCalls, noCallsText, calls
  case called, stepNumber, whoCalled, nobodyThere, servedThen, servedNobody, answerTitle, nothingOpen,
    nothingOpenText, andOthers
  case subjectDown, subjectAgain, subjectBack, mailCriteria, mailTake, shortDown, shortSlow, shortBack

  case noRulesReader, noPoliciesReader, signalAll, signalNoPolicy, signalNobody, signalUntried

  static let catalog = Catalog(PagingText.self, in: .module, folder: "Paging.files")

  static func fault(_ fault: PageFault) -> Self {
    switch fault {
    case .nobody: .faultNobody
    case .unanswered: .faultUnanswered
    case .missing: .faultMissing
    case .different: .faultDifferent
    case .unsent: .faultUnsent
    }
  }

  static func hours(_ kind: HourKind) -> Self {
    switch kind {
    case .business: .hoursBusiness
    case .night: .hoursNight
    case .holiday: .hoursHoliday
    }
  }

  static func start(_ start: RoutingRule.Start) -> Self {
    switch start {
    case .now: .startNow
    case .morning: .startMorning
    case .inbox: .startInbox
    }
  }

  static func kind(_ kind: Channel.Kind) -> Self {
    switch kind {
    case .json: .kindJson
    case .slack: .kindSlack
    case .teams: .kindTeams
    case .mattermost: .kindMattermost
    case .chatwork: .kindChatwork
    case .gateway: .kindGateway
    case .command: .kindCommand
    }
  }

  static func about(_ kind: Channel.Kind) -> Self {
    switch kind {
    case .json: .aboutJson
    case .slack: .aboutSlack
    case .teams: .aboutTeams
    case .mattermost: .aboutMattermost
    case .chatwork: .aboutChatwork
    case .gateway: .aboutGateway
    case .command: .aboutCommand
    }
  }

  /// 0 is Sunday.
  static func weekday(_ day: Int) -> Self {
    [.weekdaySun, .weekdayMon, .weekdayTue, .weekdayWed, .weekdayThu, .weekdayFri, .weekdaySat][day % 7]
  }
}
