public import Foundation

/// Where the words of checks are: `messages` for what was seen, `problems` for what is wrong, in every language.
///
/// This module knows no language; whoever shows an outcome makes a catalog of this folder.
public enum ProbeWords {
  public static let bundle = Bundle.module
  public static let folder = "Probes.files"
}
