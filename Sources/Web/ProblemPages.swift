import Kernel

/// A refusal as a page: what is so, and what to do next.
enum ProblemPage {
  /// - Parameter list: where what was not found would stand; its name where the menu has one.
  static func page(
    _ problem: any Problem, _ request: WebRequest, list: (path: String, name: String?)? = nil
  ) -> Page {
    let t = request.texts(WebText.self)
    let heading =
      switch problem.kind {
      case .notFound: t(.notFoundHeading)
      case .forbidden: t(.forbiddenHeading)
      case .signedOut: t(.signedOutHeading)
      case .unavailable: t(.faultHeading)
      default: t(.problemHeading)
      }
    let back: HTML? = list.map { list in
      let word = list.name.map { t(.listOpenNamed, $0) } ?? t(.listOpen)
      return "<a class=\"button\" data-kind=\"primary\" href=\"\(list.path)\">\(word)</a> "
    }
    return Page(
      heading, narrow: true, bare: request.visitor == nil,
      """
      <h1>\(heading)</h1>
      <p>\(request.words.problem(problem, request.language))</p>
      <p class="cluster">\(back)<a href="/">\(t(.problemBack))</a></p>
      """)
  }
}

/// What someone sees who sent a form after the session had ended: sign in, and what was sent is still there.
public enum SignedOutPage {
  static func page(_ request: WebRequest) -> Page {
    let t = request.texts(WebText.self)
    // A multipart form holds files, which cannot ride along in hidden fields; its text still does.
    let fields = (try? request.form().fields) ?? []
    return Page(
      t(.signedOutHeading), narrow: true, bare: true,
      """
      <h1>\(t(.signedOutHeading))</h1>
      <p>\(request.words.problem(WebProblem.signedOut, request.language))</p>
      <form method="post" action="/sign-in/resumption" class="stack">
      \(Components.formToken(request))
      <input type="hidden" name="_path" value="\(request.path)">
      \(kept(fields))
      <p><button class="button" data-kind="primary">\(t(.signIn))</button></p>
      </form>
      """)
  }

  /// The page after signing in: one button saves what had been sent.
  ///
  /// - Parameter text: what is said above the button; nil after a session that had ended.
  public static func resumption(
    _ request: WebRequest, path: String, fields: [(name: String, value: String)], text: String? = nil
  ) -> Page {
    let t = request.texts(WebText.self)
    return Page(
      t(.resumeHeading), narrow: true,
      """
      <h1>\(t(.resumeHeading))</h1>
      <p>\(text ?? t(.resumeText))</p>
      <form method="post" action="\(localPath(path))" class="stack" data-resume>
      \(Components.formToken(request))
      \(kept(fields))
      <p><button class="button" data-kind="primary">\(t(.resumeButton))</button></p>
      </form>
      """)
  }

  /// Never written back into a page.
  private static let secrets: Set<String> = {
    let names = ["password", "current", "own-current", "secret", "directory-password", "trial-password"]
    return Set(names + names.map { "kept.\($0)" })
  }()

  /// Whether a field may be written back into a page, or kept until its person is back.
  public static func mayBeKept(_ name: String) -> Bool { !name.hasPrefix("_") && !secrets.contains(name) }

  /// Fields of the earlier form as hidden fields, without those of the gate.
  public static func kept(_ fields: [(name: String, value: String)]) -> HTML {
    fields.filter { mayBeKept($0.name) }.html { field in
      "<input type=\"hidden\" name=\"\(field.name)\" value=\"\(field.value)\">"
    }
  }
}
