public import Kernel

/// A hospital, clinic, pharmacy or station that keeps its records here.
public struct Facility: Sendable, Equatable, Codable {
  public typealias ID = FacilityID

  public let id: ID
  public private(set) var name: Name
  public private(set) var kind: Kind
  /// Licensed beds; nil where there are none.
  public private(set) var beds: Int?
  public private(set) var prefecture: Prefecture?
  public private(set) var version: Int

  /// - Throws: `.badBeds` when the number does not fit the kind.
  public init(id: ID, name: Name, kind: Kind, beds: Int?, prefecture: Prefecture?) throws(Refusal) {
    try Facility.check(beds, kind)
    (self.id, self.name, self.kind, self.beds, self.prefecture, version) = (
      id, name, kind, beds, prefecture, 1
    )
  }

  init(stored id: ID, name: Name, kind: Kind, beds: Int?, prefecture: Prefecture?, version: Int) {
    (self.id, self.name, self.kind, self.beds, self.prefecture, self.version) = (
      id, name, kind, beds, prefecture, version
    )
  }

  /// The facility with other particulars.
  public func changed(name: Name, kind: Kind, beds: Int?, prefecture: Prefecture?) throws(Refusal) -> Facility
  {
    try Facility.check(beds, kind)
    return Facility(
      stored: id, name: name, kind: kind, beds: beds, prefecture: prefecture, version: version + 1)
  }

  static func check(_ beds: Int?, _ kind: Kind) throws(Refusal) {
    switch kind {
    case .hospital:
      // Medical Care Act, article 1-5: a hospital has 20 beds or more.
      guard let beds, (20...5000).contains(beds) else { throw .badHospitalBeds }
    case .clinic, .dental:
      guard beds == nil || (0...19).contains(beds ?? 0) else { throw .badClinicBeds }
    case .pharmacy, .homeNursing:
      guard beds == nil || beds == 0 else { throw .noBedsHere }
    }
  }

  /// A name of 1 to 60 characters.
  public struct Name: Sendable, Equatable, Codable {
    public let text: String
    public init(_ raw: String) throws(Refusal) {
      guard let text = raw.trimmed(to: 1...60) else { throw .badName }
      self.text = text
    }
  }

  public enum Kind: String, Sendable, Codable, CaseIterable {
    case hospital, clinic, dental, pharmacy
    case homeNursing = "home-nursing"

    /// The form of the ministry's checklist that this kind fills in.
    public var checklistForm: String { self == .pharmacy ? "ph" : "med" }

    /// Whether there can be licensed beds at all.
    var mayHaveBeds: Bool {
      switch self {
      case .hospital, .clinic, .dental: true
      case .pharmacy, .homeNursing: false
      }
    }
  }

  public enum Refusal: Problem, Equatable {
    case badName, badKind, badHospitalBeds, badClinicBeds, noBedsHere, badPrefecture, badYear
    case notFound, alreadySetUp

    public var code: String { "facilities.\(self)" }
    public var kind: ProblemKind {
      switch self {
      case .notFound: .notFound
      case .alreadySetUp: .conflict
      default: .invalid
      }
    }
    public var field: String? {
      switch self {
      case .badName: "name"
      case .badKind: "kind"
      case .badHospitalBeds, .badClinicBeds, .noBedsHere: "beds"
      case .badPrefecture: "prefecture"
      case .badYear: "year"
      case .notFound, .alreadySetUp: nil
      }
    }
  }
}

/// One of the 47 prefectures, by its JIS X 0401 code.
public struct Prefecture: Sendable, Equatable, Codable {
  public let code: Int

  public init?(code: Int) {
    guard (1...47).contains(code) else { return nil }
    self.code = code
  }

  /// Reads a code, a Japanese name with or without its ending, or an English name.
  public init?(_ raw: String) {
    let text = raw.trimmed
    let index = Prefecture.all.firstIndex { ja, en in
      ja == text || ja.dropLast() == text || en.lowercased() == text.lowercased()
    }
    guard let code = Int(text) ?? index.map({ $0 + 1 }) else { return nil }
    self.init(code: code)
  }

  public var japanese: String { Prefecture.all[code - 1].ja }
  public var english: String { Prefecture.all[code - 1].en }

  public static let all: [(ja: String, en: String)] = [
    ("北海道", "Hokkaido"), ("青森県", "Aomori"), ("岩手県", "Iwate"), ("宮城県", "Miyagi"), ("秋田県", "Akita"),
    ("山形県", "Yamagata"), ("福島県", "Fukushima"), ("茨城県", "Ibaraki"), ("栃木県", "Tochigi"), ("群馬県", "Gunma"),
    ("埼玉県", "Saitama"), ("千葉県", "Chiba"), ("東京都", "Tokyo"), ("神奈川県", "Kanagawa"), ("新潟県", "Niigata"),
    ("富山県", "Toyama"), ("石川県", "Ishikawa"), ("福井県", "Fukui"), ("山梨県", "Yamanashi"), ("長野県", "Nagano"),
    ("岐阜県", "Gifu"), ("静岡県", "Shizuoka"), ("愛知県", "Aichi"), ("三重県", "Mie"), ("滋賀県", "Shiga"),
    ("京都府", "Kyoto"), ("大阪府", "Osaka"), ("兵庫県", "Hyogo"), ("奈良県", "Nara"), ("和歌山県", "Wakayama"),
    ("鳥取県", "Tottori"), ("島根県", "Shimane"), ("岡山県", "Okayama"), ("広島県", "Hiroshima"), ("山口県", "Yamaguchi"),
    ("徳島県", "Tokushima"), ("香川県", "Kagawa"), ("愛媛県", "Ehime"), ("高知県", "Kochi"), ("福岡県", "Fukuoka"),
    ("佐賀県", "Saga"), ("長崎県", "Nagasaki"), ("熊本県", "Kumamoto"), ("大分県", "Oita"), ("宮崎県", "Miyazaki"),
    ("鹿児島県", "Kagoshima"), ("沖縄県", "Okinawa"),
  ]
}
