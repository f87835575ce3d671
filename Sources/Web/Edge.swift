import HTTPTypes
import Hummingbird
import Kernel
import Logging

/// Outermost: request number, timing, security headers, faults.
struct Edge: RouterMiddleware {
  let site: Site

  func handle(
    _ request: Request, context: RequestContext, next: (Request, RequestContext) async throws -> Response
  ) async throws -> Response {
    let start = ContinuousClock.now
    let number = withUnsafeBytes(of: UInt32.random(in: 0 ... .max)) { hexadecimal($0) }
    var response: Response
    do {
      try site.entrance.admit(request, context, at: site.clock())
      response = try await next(request, context)
    } catch let error as HTTPError {
      response = await refusal(
        error.status == .notFound ? WebProblem.notFound : WebProblem.badForm, request, number)
    } catch let problem as WebProblem {
      response = await refusal(problem, request, number)
    } catch let problem as any Problem {
      response = await refusal(problem, request, number)
    } catch {
      response = site.fault(error, request, number: number)
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let route = context.endpointPath ?? "unmatched"
    site.metrics.record(
      method: request.method.rawValue, route: route, status: response.status.code, seconds: seconds)
    site.logger.debug(
      "request",
      metadata: [
        "request": "\(number)", "method": "\(request.method)", "route": "\(route)",
        "status": "\(response.status.code)",
        "ms": "\(Int(seconds * 1000))",
      ])
    if site.isAlwaysEncrypted { response.headers[.strictTransportSecurity] = "max-age=31536000" }
    if response.status == .unauthorized, Bearer.token(of: request) != nil {
      response.headers[.wwwAuthenticate] = "Bearer error=\"invalid_token\""
    }
    for (name, value) in Edge.headers where name != Edge.referrerPolicy || response.headers[name] == nil {
      response.headers[name] = value
    }
    if let name = HTTPField.Name("X-Request-Id") { response.headers[name] = number }
    if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
    return response
  }

  private func refusal(_ problem: any Problem, _ raw: Request, _ number: String) async -> Response {
    let request = site.bareRequest(raw)
    do { return try await site.response(to: problem, request) } catch {
      return site.fault(error, raw, number: number)
    }
  }

  /// The one header that a page may make stricter.
  private static let referrerPolicy = HTTPField.Name("Referrer-Policy")

  private static let headers: [(HTTPField.Name, String)] = [
    (
      "Content-Security-Policy",
      "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("X-Frame-Options", "DENY"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
  ].compactMap { name, value in HTTPField.Name(name).map { ($0, value) } }
}
