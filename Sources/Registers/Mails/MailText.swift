import Mail
public import Web

/// Words of the mail server's page.
public enum MailText: String, TextKey {
  case title, lead, noneSet, serverTitle, host, hostHint, port, portHint, security, securityHint
  case securityTLS, securityStartTLS, securityNone, login, loginHint, password, passwordHint, passwordKept
  case sender, senderHint, senderName, save, saved, savedText, remove, removeText, removed
  case testTitle, testLead, testTo, testSend, testSent, testSentText, testFailed, testSubject, testBody
  case sentTitle, nothingSent, nothingSentText, to, subject, written, state, stateSent, stateWaiting,
    stateFailed

  public static let catalog = Catalog(MailText.self, in: .module, folder: "Mails.files")

  static func security(_ security: MailServer.Security) -> MailText {
    switch security {
    case .tls: .securityTLS
    case .startTLS: .securityStartTLS
    case .none: .securityNone
    }
  }
}
