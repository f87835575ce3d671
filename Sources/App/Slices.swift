import Assurance
import Foundation
import Operations
import Web

/// Every slice of the program.
enum Slices {
  static func all(_ library: PackLibrary, sealer: Sealer = .absent) -> [Feature] {
    Features.all(library, sealer: sealer, further: Operations.features(sealer: sealer))
  }
}
