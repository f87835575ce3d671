import Kernel
import Publishing
import Testing

/// What `nmap -oX` writes, by the format that its documentation describes.
enum ScanFixture {
  static func file(_ hosts: String, head: String = "<!DOCTYPE nmaprun>") -> [UInt8] {
    Array(
      """
      <?xml version="1.0" encoding="UTF-8"?>
      \(head)
      <?xml-stylesheet href="file:///usr/bin/../share/nmap/nmap.xsl" type="text/xsl"?>
      <!-- scan initiated as: nmap -O -sV -oX out.xml 192.0.2.0/24 -->
      <nmaprun scanner="nmap" start="1771897200" version="7.94" xmloutputversion="1.05">
      <scaninfo type="syn" protocol="tcp" numservices="1000" services="1-1000"/>
      \(hosts)
      <runstats><finished time="1771897300"/><hosts up="1" down="1" total="2"/></runstats>
      </nmaprun>
      """.utf8)
  }

  static let server = """
    <host starttime="1771897200"><status state="up" reason="arp-response" reason_ttl="0"/>
    <address addr="192.0.2.10" addrtype="ipv4"/><address addr="00:00:5e:00:53:0a" addrtype="mac" vendor="例示製作所"/>
    <hostnames><hostname name="pacs.example" type="user"/><hostname name="pacs2.example" type="PTR"/></hostnames>
    <ports><extraports state="closed" count="997"/>
    <port protocol="tcp" portid="104"><state state="open" reason="syn-ack"/><service name="dicom" method="probed"/></port>
    <port protocol="tcp" portid="443"><state state="open"/><service name="https" product="nginx" version="1.24.0"/></port>
    <port protocol="tcp" portid="23"><state state="filtered"/><service name="telnet"/></port></ports>
    <os><osmatch name="Linux 3.X" accuracy="90"/><osmatch name="Linux 5.0 - 5.4" accuracy="97"/></os></host>
    """
}

@Suite("ネットワーク調査の結果を読む")
struct NetworkScanTests {
  private func refusal(_ bytes: [UInt8], _ limits: SheetLimits = .standard) -> SheetProblem? {
    do throws(SheetProblem) {
      _ = try Sheets.readNetworkScan(bytes, named: "調査.xml", limits: limits)
      return nil
    } catch { return error }
  }

  @Test("応答のあった機器の住所、名前、作り手、OS、開いたサービスを読む")
  func hosts() throws {
    let down = "<host><status state=\"down\"/><address addr=\"192.0.2.11\" addrtype=\"ipv4\"/></host>"
    let bytes = ScanFixture.file(ScanFixture.server + down)
    #expect(Sheets.isNetworkScan(bytes))
    let scan = try Sheets.readNetworkScan(bytes, named: "調査.xml")
    var host = NetworkScan.Host()
    (host.ipv4, host.mac, host.maker) = ("192.0.2.10", "00:00:5E:00:53:0A", "例示製作所")
    (host.name, host.os) = ("pacs.example", ("Linux 5.0 - 5.4", 97))
    host.services = ["104/tcp dicom", "443/tcp https nginx 1.24.0"]
    #expect(scan.hosts == [host])
  }

  @Test(
    "宣言に何かが書かれたものと、外を指すものは断る",
    arguments: [
      "<!DOCTYPE nmaprun [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]>",
      "<!DOCTYPE nmaprun SYSTEM \"file:///etc/passwd\">",
      "<!DOCTYPE nmaprun PUBLIC \"x\" \"http://example.invalid/\">",
      "<!DOCTYPE nmaprun><!DOCTYPE nmaprun [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>",
    ])
  func declarations(head: String) {
    let host = ScanFixture.server.replacing("pacs.example", with: "&a;")
    #expect(refusal(ScanFixture.file(host, head: head)) == .unsafe(file: "調査.xml", part: "XML"))
  }

  @Test("宣言がなくても、外から名を借りた文字は読まない")
  func undeclared() {
    let host = ScanFixture.server.replacing("pacs.example", with: "&a;")
    #expect(refusal(ScanFixture.file(host)) != nil)
  }

  @Test("悪意のあるファイルでも、決めた量しか覚えない")
  func bounded() throws {
    var limits = SheetLimits.standard
    limits.rows = 3
    let many = (1...4).map { ScanFixture.server.replacing("192.0.2.10", with: "192.0.2.\($0)") }.joined()
    #expect(
      refusal(ScanFixture.file(many), limits) == .tooManyRows(file: "調査.xml", sheet: "nmaprun", limit: 3))
    limits = .standard
    limits.elements = 10
    #expect(refusal(ScanFixture.file(ScanFixture.server), limits) != nil)
    limits = .standard
    limits.fileBytes = 100
    #expect(refusal(ScanFixture.file(ScanFixture.server), limits) == .tooLarge(file: "調査.xml", megabytes: 0))
    let deep = String(repeating: "<host>", count: 40) + String(repeating: "</host>", count: 40)
    #expect(refusal(ScanFixture.file(deep)) == .damaged(file: "調査.xml", part: "host"))
    let ports = (1...300).map {
      "<port protocol=\"tcp\" portid=\"\($0)\"><state state=\"open\"/><service name=\"\(String(repeating: "x", count: 999))\"/></port>"
    }
    let host = ScanFixture.server.replacing("<ports>", with: "<ports>\(ports.joined())")
    let scan = try Sheets.readNetworkScan(ScanFixture.file(host), named: "調査.xml")
    #expect(scan.hosts[0].services.count == 100 && scan.hosts[0].services.allSatisfy { $0.count < 80 })
  }

  @Test("途中で切れたもの、別のXML、機器のないものは断る")
  func broken() {
    let bytes = ScanFixture.file(ScanFixture.server)
    #expect(refusal(Array(bytes.prefix(bytes.count - 20))) == .damaged(file: "調査.xml", part: "XML"))
    #expect(refusal(Array("<html><nmaprun/></html>".utf8)) == .damaged(file: "調査.xml", part: "html"))
    #expect(refusal(ScanFixture.file("")) == .empty(file: "調査.xml"))
    #expect(!Sheets.isNetworkScan(Array("管理番号,機器名\n".utf8)))
  }
}

@Suite("マクロ、外への参照、印")
struct BaggageTests {
  @Test("マクロの入った表は、値だけを読み、マクロがあると告げる")
  func macros() throws {
    var book = BookFixture(rows: "<row><c t=\"inlineStr\"><is><t>値</t></is></c></row>")
    #expect(try book.read().baggage.isEmpty)
    book.parts["xl/vbaProject.bin"] = "Sub Auto_Open()"
    let read = try book.read()
    #expect(read.baggage == [.macros] && read.sheets[0].rows == [[.text("値")]])
  }

  @Test("ほかのファイルへの参照は開かず、保存された値を読み、そう告げる")
  func links() throws {
    var book = BookFixture(rows: "<row><c><f>[1]表!A1</f><v>7</v></c></row>")
    book.parts["xl/_rels/workbook.xml.rels"] = BookFixture.relations([
      "rId1": ("worksheet", "worksheets/sheet1.xml"), "rId2": ("sharedStrings", "sharedStrings.xml"),
      "rId3": ("styles", "styles.xml"), "rId4": ("externalLink", "externalLinks/externalLink1.xml"),
    ])
    // The part itself is not even there: nothing looks for it.
    let read = try book.read()
    #expect(read.baggage == [.externalLinks] && read.sheets[0].rows == [[.number(7)]])
  }

  @Test("印を付けたセルは色が変わり、理由がコメントに付き、値は読み戻せる")
  func marks() throws {
    let sheet = OutputSheet(
      name: "取り込めない行", headings: ["番号", "日"], rows: [[.text("A-1"), .text("来年")], [.text("A-2"), .empty]],
      marks: [.init(row: 0, column: 1, comment: "日付として読み取れません"), .init(row: 1, column: 1, comment: "空です")])
    let bytes = try Sheets.xlsx([sheet])
    #expect(try Sheets.read(bytes, named: "a").sheets[0].rows[1] == [.text("A-1"), .text("来年")])
    let styles = try #require(part("xl/styles.xml", of: bytes))
    #expect(styles.contains("FFFAD9D5"))
    let comments = try #require(part("xl/comments1.xml", of: bytes))
    #expect(
      comments.contains("ref=\"B2\"") && comments.contains("日付として読み取れません") && comments.contains("ref=\"B3\""))
  }
}
