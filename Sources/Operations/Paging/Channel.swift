import Foundation
import Kernel
import Mail
import Web

/// A way out of the house for calls: a room of a chat tool, or a gateway that dials telephones.
struct Channel: Sendable, Equatable, Codable {
  typealias ID = Kernel.ID<Channel>

  enum Kind: String, Sendable, Codable, CaseIterable {
    /// JSON of our own, for programs of the house.
    case json
    case slack, teams, mattermost, chatwork
    /// A gateway for SMS or calls that is asked over HTTP.
    case gateway
    /// The same by a command of the server.
    case command

    /// Whether it dials a number, and so serves people one by one.
    var isPhone: Bool { self == .gateway || self == .command }
  }

  /// How a gateway takes what it is told.
  enum Form: String, Sendable, Codable, CaseIterable { case json, form }

  let id: ID
  let name: String
  let kind: Kind
  /// Where it leads, without what is secret in it.
  let host: String
  /// What a gateway is sent, with `{number}` and `{text}` in it.
  let body: String
  let form: Form
  /// The name of one more header; its value is secret.
  let header: String
  /// The name in the list of the server.
  let command: String
  let version: Int

  static func place(_ id: ID, _ field: String) -> String { "page-channel:\(id):\(field)" }
  static let secretFields = ["url", "value"]
}

/// A channel as it lies in the database.
struct StoredChannel: Sendable {
  let channel: Channel
  /// Sealed, by field.
  let secrets: [String: String]

  func open(_ field: String, _ sealer: Sealer) throws -> String? {
    try secrets[field].map {
      String(decoding: try sealer.open($0, for: Channel.place(channel.id, field)), as: UTF8.self)
    }
  }

  /// What is to be done to hand `note` over.
  ///
  /// - Throws: `PostProblem`, `Sealer.Refusal`.
  func parcel(_ note: PageNote, _ sealer: Sealer) throws -> PageParcel {
    if channel.kind == .command {
      return .command(name: channel.command, number: note.number ?? "", text: note.text)
    }
    var headers = ["Content-Type: \(contentType)"]
    if let value = try open("value", sealer), !channel.header.isEmpty {
      headers.append("\(channel.header): \(value)")
    }
    return .http(try HTTPPost(try open("url", sealer) ?? "", body: try body(note), headers: headers))
  }

  private var contentType: String {
    switch channel.kind {
    case .chatwork: "application/x-www-form-urlencoded"
    case .gateway where channel.form == .form: "application/x-www-form-urlencoded"
    default: "application/json"
    }
  }

  private func body(_ note: PageNote) throws -> String {
    switch channel.kind {
    case .json: try PageJSON.text(note)
    case .slack, .mattermost: try PageJSON.text(["text": note.text])
    case .teams: try PageJSON.text(TeamsCard(note.text))
    case .chatwork: "body=\(urlEncoded(note.text))"
    case .gateway: Channel.filled(channel.body, channel.form, number: note.number ?? "", text: note.text)
    case .command: ""
    }
  }
}

extension Channel {
  /// The template with number and text in it, so that neither can end the place in which it stands.
  static func filled(_ template: String, _ form: Form, number: String, text: String) -> String {
    func safe(_ value: String) -> String {
      guard form == .json else { return urlEncoded(value) }
      // A text always encodes; the quotes around it stand in the template.
      let quoted = (try? PageJSON.text([value])) ?? "[\"\"]"
      return String(quoted.dropFirst(2).dropLast(2))
    }
    return template.components(separatedBy: "{number}").map { $0.replacing("{text}", with: safe(text)) }
      .joined(separator: safe(number))
  }

  static let standardBody = "{\"to\": \"{number}\", \"text\": \"{text}\"}"
}

/// What Teams' workflows take.
private struct TeamsCard: Encodable {
  struct Block: Encodable {
    let type = "TextBlock"
    let text: String
    let wrap = true
  }
  struct Content: Encodable {
    let type = "AdaptiveCard"
    let version = "1.2"
    let body: [Block]
  }
  struct Attachment: Encodable {
    let contentType = "application/vnd.microsoft.card.adaptive"
    let content: Content
  }
  let type = "message"
  let attachments: [Attachment]

  init(_ text: String) { attachments = [Attachment(content: Content(body: [Block(text: text)]))] }
}

/// What is handed over.
enum PageParcel: Sendable, Equatable {
  case http(HTTPPost)
  case command(name: String, number: String, text: String)
}

/// The way out; tests put their own in its place.
struct PageCarrier: Sendable {
  let commands: @Sendable () -> GatewayCommands
  let carry: @Sendable (PageParcel) async throws(PostProblem) -> Void

  /// - Parameter environment: `MAMORITE_COMMANDS`, and `MAMORITE_WEBHOOK_LOOPBACK=1` for a gateway on this machine.
  init(_ environment: [String: String]) {
    let isLoopbackOpen = environment["MAMORITE_WEBHOOK_LOOPBACK"] == "1"
    let path = environment.filter { $0.key == "MAMORITE_COMMANDS" }
    // Read anew each time: a change of the list needs no restart.
    let commands: @Sendable () -> GatewayCommands = { GatewayCommands.read(path) }
    self.commands = commands
    carry = { parcel throws(PostProblem) in
      switch parcel {
      case .http(let post): try await post.send(loopback: isLoopbackOpen)
      case .command(let name, let number, let text):
        try await commands().run(name, number: number, text: text)
      }
    }
  }

  init(
    commands: GatewayCommands = GatewayCommands(""),
    carry: @escaping @Sendable (PageParcel) async throws(PostProblem) -> Void
  ) {
    self.commands = { commands }
    self.carry = carry
  }
}

/// What stands in the form of a channel.
struct ChannelDraft: Sendable {
  let values: [String: String]
  let version: Int

  init(_ form: FormValues) {
    values = Dictionary(
      form.fields.map { ($0.name, $0.value.trimmed) }, uniquingKeysWith: { first, _ in first })
    version = form.version
  }

  init(_ channel: Channel) {
    values = [
      "kind": channel.kind.rawValue, "name": channel.name, "body": channel.body,
      "form": channel.form.rawValue,
      "header": channel.header, "command": channel.command,
    ]
    version = channel.version
  }

  init(kind: Channel.Kind) { (values, version) = (["kind": kind.rawValue, "body": Channel.standardBody], 0) }

  subscript(_ name: String) -> String { values[name] ?? "" }

  /// - Throws: ``PagingRefusal``, `PostProblem`.
  func channel(id: Channel.ID, over before: StoredChannel?, _ commands: GatewayCommands) throws -> Channel {
    guard let kind = Channel.Kind(rawValue: self["kind"]), before == nil || before?.channel.kind == kind
    else {
      throw PagingRefusal.badChannel
    }
    guard let name = self["name"].trimmed(to: 1...40), !name.contains("\n") else {
      throw PagingRefusal.badName
    }
    if kind == .command {
      guard !commands.names.isEmpty else { throw PagingRefusal.noCommands }
      guard commands.names.contains(self["command"]) else { throw PagingRefusal.badCommand(self["command"]) }
      return Channel(
        id: id, name: name, kind: kind, host: "", body: "", form: .json, header: "", command: self["command"],
        version: version + 1)
    }
    var host = before?.channel.host ?? ""
    if !self["url"].isEmpty { host = try HTTPPost(self["url"], body: nil).host }
    guard !host.isEmpty else { throw PagingRefusal.missingURL }
    let header = kind == .chatwork ? "X-ChatWorkToken" : self["header"]
    let isName = header.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || byte == 0x2D
    }
    guard isName, header.utf8.count <= 60 else { throw PagingRefusal.badHeader }
    let form = Channel.Form(rawValue: self["form"]) ?? .json
    let body = kind == .gateway ? values["body"] ?? Channel.standardBody : ""
    if kind == .gateway {
      guard body.contains("{number}"), body.contains("{text}"), body.utf8.count <= 4000 else {
        throw PagingRefusal.badBody
      }
      let sample = Channel.filled(body, form, number: "0", text: "x")
      // Asked only to know whether it can be read.
      let isJSON = (try? JSONSerialization.jsonObject(with: Data(sample.utf8))) != nil
      guard form == .form || isJSON else { throw PagingRefusal.badBody }
    }
    return Channel(
      id: id, name: name, kind: kind, host: host, body: body, form: form, header: header, command: "",
      version: version + 1)
  }

  /// Those just typed, or those that stand, which go to the same place only.
  func secrets(for channel: Channel, over before: StoredChannel?, _ sealer: Sealer) throws -> [String: String]
  {
    var sealed: [String: String] = [:]
    for field in Channel.secretFields where channel.kind != .command {
      if !self[field].isEmpty {
        guard self[field].utf8.count <= 2000 else { throw PagingRefusal.badURL }
        sealed[field] = try sealer.seal(Array(self[field].utf8), for: Channel.place(channel.id, field))
      } else if let standing = before?.secrets[field] {
        // Whoever may change the address would else have the key sent there.
        guard field == "url" || self["url"].isEmpty || channel.host == before?.channel.host else {
          throw PagingRefusal.secretNeeded
        }
        sealed[field] = standing
      }
    }
    guard channel.kind == .command || sealed["url"] != nil else { throw PagingRefusal.missingURL }
    return sealed
  }
}
