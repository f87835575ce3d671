import Assurance
import Foundation
import Registers
import Storage
import Web

/// Every slice of the program.
enum Features {
  static func all(_ library: PackLibrary) -> [Feature] {
    [
      Facilities.feature, People.feature, Accounts.feature, Registry.feature,
      Assessments.feature(library, signals: Registry.feature.signals),
      Reports.feature(library, environment: ProcessInfo.processInfo.environment), Home.feature(library),
    ]
  }

  static var catalogs: [Catalog] { all(PackLibrary(folder: "")).flatMap(\.catalogs) }
}
