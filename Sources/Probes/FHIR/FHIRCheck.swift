import Foundation
import Kernel

/// FHIR: asks a server for what it can do (`GET [base]/metadata`, FHIR R4 §3.1.0.14).
public struct FHIRCheck: Check {
  private let http: HTTPCheck
  public let limits: Limits

  /// A capability statement of a large server has some megabytes.
  public static let mostBytes = 16 << 20

  /// - Parameter base: The address of the service, without `/metadata`.
  public init(base: HTTPAddress, login: HTTPLogin? = nil, tls: TLSRules, limits: Limits) throws(Trouble) {
    let path = base.path.prefix { $0 != "?" }
    let root = path.hasSuffix("/") ? String(path.dropLast()) : String(path)
    let scheme = base.isSecure ? "https" : "http"
    let address = try HTTPAddress("\(scheme)://\(base.authority)\(root)/metadata")
    http = try HTTPCheck(
      address: address, redirects: 3, login: login, accept: "application/fhir+json", tls: tls, limits: limits)
    self.limits = limits
  }

  public var secrets: [String] { http.secrets }
  /// Megabytes of JSON are decoded.
  public var isWeighty: Bool { true }

  public func examine(in session: Session) async throws -> Sighting {
    let answer = try await http.followed(in: session)
    guard StatusCodes.success.contains(answer.status) else {
      throw [401, 403].contains(answer.status)
        ? Trouble.loginNeeded(answer.status) : .badStatus(answer.status, StatusCodes.success.description)
    }
    guard !answer.isCut else { throw Trouble.tooMuch(answer.address.description, answer.body.count) }
    let statement = try CapabilityStatement(answer.body)
    var sighting = answer.sighting
    sighting.notes.insert(
      Note(key: "probes.fhir", answer.address.description, statement.version, statement.software), at: 0)
    return sighting
  }
}

/// The part of a capability statement that tells what is spoken there.
struct CapabilityStatement: Equatable {
  /// `4.0.1`.
  let version: String
  let software: String

  private struct Raw: Decodable {
    struct Software: Decodable { let name: String? }
    let resourceType: String?
    let fhirVersion: String?
    let software: Software?
  }

  /// - Throws: `Trouble.notFHIR` with what it is instead.
  init(_ bytes: [UInt8]) throws(Trouble) {
    guard let raw = try? JSONDecoder().decode(Raw.self, from: Data(bytes)) else {
      // Whatever it is, it is not the JSON that was asked for.
      throw .notFHIR(String(decoding: bytes.prefix(40), as: UTF8.self))
    }
    guard raw.resourceType == "CapabilityStatement" else { throw .notFHIR(raw.resourceType ?? "JSON") }
    version = raw.fhirVersion ?? "?"
    software = raw.software?.name ?? "?"
  }
}
