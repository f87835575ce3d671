import Kernel
import Storage
import Web

extension Backups {
  static let runsShown = 30
  static let drillsShown = 30

  static func routes(_ routes: inout Routes) {
    routes.get("backup", needs: .backupRead) { request, scope in
      let shown = try await scope.read { tx in
        BackupPages.Shown(
          plan: try tx.backupPlan(), last: try tx.lastGoodBackup(), runs: try tx.backupRuns(limit: runsShown),
          drills: try tx.restoreDrills(limit: drillsShown))
      }
      return .page(BackupPages.page(request, shown))
    }
    routes.get("backup/plan", needs: .backupManage) { request, scope in
      let plan = try await scope.read { try $0.backupPlan() }
      return .page(BackupPages.planForm(request, plan, typed: nil, refusal: nil))
    }
    routes.post("backup/plan", needs: .backupManage, isPrivileged: true) { request, scope in
      let form = try request.form()
      do {
        try await save(
          { before in
            try BackupPlan(
              place: form["place"], minute: Int(form["minute"]), isDisk: form["disk"] == "yes",
              daily: Int(form["daily"]), weekly: Int(form["weekly"]), monthly: Int(form["monthly"]),
              over: before)
          }, version: form.version, in: scope)
      } catch let problem as any Problem where problem is BackupRefusal || problem is BackupProblem {
        let plan = try await scope.read { try $0.backupPlan() }
        return .page(BackupPages.planForm(request, plan, typed: form, refusal: problem), status: 422)
      }
      return .redirect(to: "/backup?saved=1")
    }
    routes.post("backup/runs", needs: .backupManage) { _, scope in
      try await runSoon(in: scope)
      return .redirect(to: "/backup?soon=run")
    }
    routes.get("backup/key", needs: .backupKey) { request, scope in
      guard let plan = try await scope.read({ try $0.backupPlan() }) else { throw BackupRefusal.noPlan }
      return .page(BackupPages.key(request, nil, wasShown: plan.keyShownAt != nil))
    }
    routes.post("backup/key", needs: .backupKey, isPrivileged: true) { request, scope in
      let key = try await showKey(in: scope)
      return Reply.page(BackupPages.key(request, key, wasShown: false)).with("Cache-Control", "no-store")
    }
    drillRoutes(&routes)
  }

  private static func drillRoutes(_ routes: inout Routes) {
    routes.post("backup/runs/:id/verification", needs: .backupDrill) { request, scope in
      try await verifySoon(try request.id(), in: scope)
      return .redirect(to: "/backup?soon=drill")
    }
    routes.get("backup/drills/new", needs: .backupDrill) { request, _ in
      .page(BackupPages.drillForm(request, typed: nil, refusal: nil))
    }
    routes.post("backup/drills", needs: .backupDrill) { request, scope in
      let form = try request.form()
      let drill: RestoreDrill
      do throws(BackupRefusal) {
        drill = try RestoreDrill(
          id: scope.newID(), on: Day(form["day"]), minutes: Int(form["minutes"]), doneBy: form["doneBy"],
          system: form["system"], result: form["result"], remark: form["remark"], today: scope.now.day)
      } catch { return .page(BackupPages.drillForm(request, typed: form, refusal: error), status: 422) }
      try await add(drill, in: scope)
      return .redirect(to: "/backup?saved=drill")
    }
  }
}
