import Kernel

/// The four states of a checklist item, and how each is shown. Values are those of the report's JSON.
public enum Mark: String, Sendable, CaseIterable, Codable {
  case done, partly, undone, unanswered

  public var sign: String {
    switch self {
    case .done: "○"
    case .partly: "△"
    case .undone: "×"
    case .unanswered: "−"
    }
  }
}

/// A tone of the style sheet.
public enum Tone: String, Sendable { case good, warn, bad, info }

/// Parts of pages. Each prints the markup that `mamorite.css` knows.
public enum Components {
  /// Sign, colour and word together.
  public static func mark(_ mark: Mark, _ word: String, count: Int? = nil) -> HTML {
    "<span class=\"mark\" data-mark=\"\(mark.rawValue)\"><b aria-hidden=\"true\">\(mark.sign)</b>\(word)\(count.map { " \($0)" })</span>"
  }

  public static func tag(_ text: String, _ tone: Tone? = nil) -> HTML {
    "<span class=\"tag\"\("data-tone", is: tone?.rawValue)>\(text)</span>"
  }

  public static func finding(_ text: String) -> HTML { "<span class=\"finding\">\(text)</span>" }

  public static func notice(_ tone: Tone, _ heading: String, _ body: HTML = "") -> HTML {
    let role: HTML = tone == .bad ? "alert" : "status"
    return
      "<div class=\"notice\" data-tone=\"\(tone.rawValue)\" role=\"\(role)\"><h2>\(heading)</h2>\(body)</div>"
  }

  public static func empty(_ strong: String, _ text: String, _ action: HTML? = nil) -> HTML {
    "<div class=\"empty\"><p><strong>\(strong)</strong></p><p>\(text)</p>\(action.map { "<p>\($0)</p>" as HTML })</div>"
  }

  public static func figures(_ figures: [(mark: String?, name: HTML, value: HTML)]) -> HTML {
    let items = figures.html { figure in
      "<div\("data-mark", is: figure.mark)><dt>\(figure.name)</dt><dd>\(figure.value)</dd></div>"
    }
    return "<dl class=\"figures\">\(items)</dl>"
  }

  public static func facts(_ facts: [(String, HTML)]) -> HTML {
    "<dl class=\"facts\">\(facts.html { "<dt>\($0.0)</dt><dd>\($0.1)</dd>" })</dl>"
  }

  /// The hidden fields that every form needs.
  public static func formToken(_ request: WebRequest) -> HTML {
    "<input type=\"hidden\" name=\"_token\" value=\"\(request.formToken)\">"
  }

  /// A labelled input with its hint and, when there is one, its error between label and field.
  public static func field(
    _ id: String, _ label: String, type: String = "text", value: String = "", hint: String? = nil,
    error: String? = nil,
    required: Bool = false, autocomplete: String? = nil, max: String? = nil, min: String? = nil,
    inputmode: String? = nil, suggestions: [String] = []
  ) -> HTML {
    let described = [error.map { _ in "\(id)-error" }, hint.map { _ in "\(id)-hint" }].compactMap { $0 }
      .joined(separator: " ")
    let input: HTML =
      "<input id=\"\(id)\" name=\"\(id)\" type=\"\(type)\"\("value", is: type == "password" ? nil : value)\("required", if: required)\("autocomplete", is: autocomplete)\("max", is: max)\("min", is: min)\("inputmode", is: inputmode)\("aria-invalid", is: error == nil ? nil : "true")\("aria-describedby", is: described.isEmpty ? nil : described)\("list", is: suggestions.isEmpty ? nil : "\(id)-list")>"
    let list: HTML? =
      suggestions.isEmpty
      ? nil : "<datalist id=\"\(id)-list\">\(suggestions.html { "<option value=\"\($0)\">" })</datalist>"
    return wrap(id, label, "\(input)\(list)", hint: hint, error: error)
  }

  public static func textArea(
    _ id: String, _ label: String, value: String, hint: String? = nil, error: String? = nil, most: Int = 4000
  ) -> HTML {
    let described = [error.map { _ in "\(id)-error" }, hint.map { _ in "\(id)-hint" }].compactMap { $0 }
      .joined(separator: " ")
    let input: HTML =
      "<textarea id=\"\(id)\" name=\"\(id)\" maxlength=\"\(most)\"\("aria-describedby", is: described.isEmpty ? nil : described)>\n\(value)</textarea>"
    return wrap(id, label, input, hint: hint, error: error)
  }

  public static func select(
    _ id: String, named name: String? = nil, _ label: String, options: [(value: String, name: String)],
    chosen: String,
    hint: String? = nil,
    error: String? = nil
  ) -> HTML {
    let described = [error.map { _ in "\(id)-error" }, hint.map { _ in "\(id)-hint" }].compactMap { $0 }
      .joined(separator: " ")
    let items = options.html { option in
      "<option value=\"\(option.value)\"\("selected", if: option.value == chosen)>\(option.name)</option>"
    }
    let input: HTML =
      "<select id=\"\(id)\" name=\"\(name ?? id)\"\("aria-invalid", is: error == nil ? nil : "true")\("aria-describedby", is: described.isEmpty ? nil : described)>\(items)</select>"
    return wrap(id, label, input, hint: hint, error: error)
  }

  private static func wrap(_ id: String, _ label: String, _ input: HTML, hint: String?, error: String?)
    -> HTML
  {
    let message: HTML? = error.map { "<p class=\"error\" id=\"\(id)-error\">\($0)</p>" }
    let help: HTML? = hint.map { "<p class=\"hint\" id=\"\(id)-hint\">\($0)</p>" }
    return
      "<div class=\"field\"\("data-state", is: error == nil ? nil : "error")><label for=\"\(id)\">\(label)</label>\(message)\(input)\(help)</div>"
  }

  /// Answers side by side; `tall` puts them one below the other.
  public static func choices(
    _ name: String, _ legend: String, options: [(value: String, label: HTML)], chosen: String?,
    tall: Bool = false,
    error: String? = nil
  ) -> HTML {
    let items = options.html { option in
      "<label><input type=\"radio\" name=\"\(name)\" value=\"\(option.value)\"\("checked", if: option.value == chosen)><span>\(option.label)</span></label>"
    }
    let message: HTML? = error.map { "<p class=\"error\" id=\"\(name)-error\">\($0)</p>" }
    let target = error.map { _ in name }
    return
      "<fieldset class=\"field\"\("id", is: target)\("data-state", is: error == nil ? nil : "error")\("aria-describedby", is: target.map { "\($0)-error" })><legend>\(legend)</legend>\(message)<div class=\"choices\"\("data-kind", is: tall ? "tall" : nil)>\(items)</div></fieldset>"
  }

  /// What is wider than a phone: it scrolls by itself, by keyboard too, and a narrow screen says so.
  public static func wide(_ label: String, _ t: Texts<WebText>, isPanel: Bool = false, _ content: HTML)
    -> HTML
  {
    """
    <div class="\(isPanel ? "panel " as HTML : nil)scroll" tabindex="0" role="region" aria-label="\(label)">\(content)</div>\(scrollHint(t))
    """
  }

  /// Said once where several stand one below the other.
  public static func scrollHint(_ t: Texts<WebText>) -> HTML {
    "<p class=\"scroll-hint small soft\">\(t(.scrollHint))</p>"
  }

  /// The refusals of a form, with links to their fields.
  public static func errorSummary(_ heading: String, _ errors: [(field: String?, text: String)]) -> HTML {
    let items = errors.html { error in
      error.field.map { "<li><a href=\"#\($0)\">\(error.text)</a></li>" } ?? "<li>\(error.text)</li>"
    }
    return notice(.bad, heading, "<ul class=\"plain\">\(items)</ul>")
  }
}
