import Kernel
import Registers
import Storage
import Web

extension Rollouts {
  static func measures(_ routes: inout Routes) {
    routes.get("rollout/lines/:id/measures", needs: .risksEdit) { request, scope in
      let id: RolloutLine.ID = try request.id()
      let (listing, query) = (Listing(request), request.query("q") ?? "")
      let (line, chosen, found) = try await scope.read { tx in
        guard let line = try tx.rolloutLine(id) else { throw RolloutRefusal.noSuchLine }
        return (line, try tx.rolloutMeasure(of: id), try tx.measures(listing, state: nil, query: query))
      }
      return .page(RolloutMeasurePages.choose(request, line, chosen, found, listing, query))
    }
    routes.post("rollout/lines/:id/measures", needs: .risksEdit) { request, scope in
      let id: RolloutLine.ID = try request.id()
      let form = try request.form()
      let measure = form["off"] == "1" ? nil : Measure.ID(form["measure"])
      guard measure != nil || form["off"] == "1" else { throw MeasureRefusal.noSuchMeasure }
      try await scope.write { tx in
        guard let line = try tx.rolloutLine(id) else { throw RolloutRefusal.noSuchLine }
        let known = try measure.map { try tx.known($0) }
        try tx.setMeasure(known.map { RolloutMeasure(id: $0.id, title: $0.title) }, of: line)
      }
      return .redirect(to: "/rollout/lines/\(id)?saved=1")
    }
  }
}
