import Foundation

/// Words of the frame around every page, and of what Web and Storage refuse.
public enum WebText: String, TextKey {
  case handOver, restored
  case product, skip, mainMenu, signIn, today, inbox, items, language, footRecord, footPatients
  case problemHeading, problemBack, listOpen, listOpenNamed, notFoundHeading, faultHeading, faultText
  case forbiddenHeading
  case signedOutHeading, errorCount
  case done, partly, undone, unanswered, resumeHeading, resumeText, resumeButton, account
  case breakGlass, breakGlassText, breakGlassEnd, granted, grantedUntil
  case pages, pageRange, pageBefore, pageAfter, pageSize

  public static let catalog = Catalog(WebText.self, in: .module, folder: "Web.files")

  /// The word beside a mark's sign.
  public static func mark(_ mark: Mark) -> WebText {
    switch mark {
    case .done: .done
    case .partly: .partly
    case .undone: .undone
    case .unanswered: .unanswered
    }
  }
}
