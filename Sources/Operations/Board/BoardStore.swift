import Kernel
import Storage

extension ReadTx {
  func boardSystems() throws -> [BoardSystem] {
    try all("SELECT id, name, alternative FROM system WHERE facility_id = \(facility) ORDER BY key_text") {
      BoardSystem(id: try $0.text(0), name: try $0.text(1), alternative: try $0.optionalText(2) ?? "")
    }
  }
}
