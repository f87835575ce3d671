import Testing

@testable import Frameworks

@Suite("OSCAL の決まりと見くらべる")
struct OSCALShapeTests {
  private typealias Samples = OSCALSamples

  private static let values: [(OSCALShape.Form, String, Bool)] = [
    (.uuid, "11111111-1111-4111-8111-111111111111", true),
    (.uuid, "A1111111-1111-5111-B111-11111111111F", true),
    (.uuid, "11111111-1111-7111-8111-111111111111", false),
    (.uuid, "11111111-1111-4111-7111-111111111111", false),
    (.uuid, "11111111-1111-4111-8111-11111111111g", false), (.uuid, "p", false),
    (.token, "ac-2.1_smt", true), (.token, "_x", true), (.token, "管理-1", true), (.token, "2ac", false),
    (.token, "ac 2", false), (.token, "", false), (.string, "two words", true), (.string, " x", false),
    (.string, "x\ny", false), (.string, "", false), (.line, " x", true), (.line, "x\ny", false),
    (.text, "", true),
    (.moment, "2024-02-29T23:59:59Z", true), (.moment, "2024-02-04T23:16:00.000000-00:00", true),
    (.moment, "2023-02-29T00:00:00Z", false), (.moment, "2024-02-04T23:16:00", false),
    (.moment, "2024-02-04", false), (.moment, "2024-02-04T24:00:00Z", false),
    (.moment, "2024-13-04T00:00:00Z", false),
    (.moment, "2024-02-04T23:16:00.Z", false), (.uri, "https://example.org", true), (.uri, "a:b", false),
    (.uri, "example.org", false), (.flag, "true", true), (.flag, "yes", false),
    (.oneOf(["yes", "no"]), "no", true), (.oneOf(["yes", "no"]), "maybe", false),
  ]

  @Test("値の形", arguments: values)
  func forms(form: OSCALShape.Form, text: String, fits: Bool) { #expect(form.fits(text) == fits) }

  @Test("名指された物は、どれも決まりの中にある")
  func closed() {
    let named = OSCALShape.objects.values.flatMap { $0.values.compactMap(\.shape) }
    #expect(Set(named).subtracting(OSCALShape.objects.keys).isEmpty)
    #expect(OSCALShape.objects["control"]?["title"]?.isNeeded == true)
    #expect(OSCALShape.objects["control"]?["controls"]?.isList == true)
  }

  @Test("無い項目、余った項目、形の違う値は、場所と行が出て、取り込める")
  func remarks() throws {
    let file = try Samples.read(
      #"""
      {"catalog": {"uuid": "11111111-1111-7111-8111-111111111111",
        "metadata": {"title": "Odd", "last-modified": "yesterday", "version": 1, "oscal-version": "1.1.2"},
        "controls": [
          {"id": "a-1", "title": "A", "colour": "red"},
          {"id": "a-2", "title": "B", "parts": [{"prose": "Text."}], "links": []}]}}
      """#)
    #expect(Samples.ids(file) == ["a-1", "a-2"])
    let found = file.remarks.first.filter { $0.kind.rawValue.hasPrefix("oscal_") }
    #expect(
      found == [
        Remark(.oscalValue, "catalog/uuid", line: 1), Remark(.oscalValue, "metadata/last-modified", line: 2),
        Remark(.oscalValue, "metadata/version", line: 2), Remark(.oscalUnknown, "control/colour", line: 4),
        Remark(.oscalMissing, "part/name", line: 5), Remark(.oscalValue, "control/links", line: 5),
      ])
  }

  @Test("YAML の値は、引用符が無くても文とみる")
  func yaml() throws {
    let file = try Samples.read(
      """
      catalog:
        uuid: 11111111-1111-4111-8111-111111111111
        metadata:
          title: Plain
          last-modified: "2024-02-04T00:00:00Z"
          version: 1
          oscal-version: 1.1.2
        controls:
          - id: a-1
            title: A
      """, named: "a.yaml")
    #expect(!file.remarks.counts.keys.contains { $0.rawValue.hasPrefix("oscal_") })
  }
}
