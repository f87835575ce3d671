import Foundation
import Kernel
import Storage
import Web

extension Diagrams {
  static func routes(_ routes: inout Routes) {
    for kind in Kind.allCases {
      routes.get("diagrams/\(kind.rawValue)", needs: .registersRead) { request, scope in
        let drawing = try await scope.read { tx -> Drawing in
          try Self.drawing(kind, on: scope.now.day, request.language, tx)
        }
        return .page(DiagramPages.page(request, drawing))
      }
      routes.showSensitive { _ in kind == .connections ? "connections:register" : nil }
      for format in Format.allCases {
        routes.get("diagrams/\(kind.rawValue).\(format.rawValue)", needs: .registersRead) { request, scope in
          let bytes = try await file(
            kind, as: format, request.language, environment: ProcessInfo.processInfo.environment, in: scope)
          return .file(
            bytes, type: format.mediaType, name: "\(kind.rawValue)-\(scope.now.day).\(format.rawValue)")
        }
        routes.showSensitive { _ in kind == .connections ? "connections:register" : nil }
      }
    }
  }
}
