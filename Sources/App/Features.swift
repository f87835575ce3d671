import Assurance
import Foundation
import Registers
import Storage
import Web

/// Every slice of the program.
enum Features {
  static func all(_ library: PackLibrary) -> [Feature] {
    let signals = Registry.feature.signals
    let registry = Registry.feature(reliedOnBy: [Grounds.reliances(library, signals)])
    return [
      Facilities.feature, People.feature, Accounts.feature, registry,
      Responsibility.feature(environment: ProcessInfo.processInfo.environment),
      Assessments.feature(library, signals: signals),
      Reports.feature(library, environment: ProcessInfo.processInfo.environment),
      Home.feature(library, duties: [registry, Clinic.feature].compactMap(\.duties)),
      Clinic.feature,
      Emergency.feature(environment: ProcessInfo.processInfo.environment),
      Requests.feature(library, environment: ProcessInfo.processInfo.environment),
    ]
  }

  static var catalogs: [Catalog] { all(PackLibrary(folder: "")).flatMap(\.catalogs) }
}
