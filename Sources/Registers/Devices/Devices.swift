import Storage
public import Web

private typealias Text = DeviceText

/// The devices (機器) of a facility: servers, PCs, network equipment, medical devices, power, storage.
public enum Devices {
  public static let register = Register(
    "devices", table: "device", name: Word(Text.registerName), noun: Word(Text.noun),
    counted: { language, count in Texts<DeviceText>(language)(count == 1 ? .countOne : .count, count) },
    emptyText: Word(Text.empty), fields: identity + software + support + checks, findings: findings,
    forInspection: [
      "number", "name", "place", "usedBy", "os", "osVersion", "supportEndsOn", "updatedBy",
      "remoteMaintenance",
      "checkedOn", "nextCheckOn",
    ], proofs: ["erasureProof"])

  public static var catalog: Catalog { DeviceText.catalog }

  /// What it is, where it stands and who uses it.
  private static let identity: [Field] = [
    Field(
      "number", "number", .text(40), Word(Text.number), hint: Word(Text.numberHint),
      headings: [
        "資産管理番号", "資産番号", "機器番号", "備品番号", "管理No", "管理No.", "登録No", "登録No.", "資産コード",
        "Asset ID", "Asset Tag", "Inventory Number",
      ], required: true, listed: true, searched: true),
    Field(
      "name", "name", .text(80), Word(Text.name),
      headings: [
        "名称", "機器名称", "端末名", "PC名", "ホスト名", "コンピュータ名", "コンピューター名", "Device Name",
        "Host Name", "Computer Name",
      ], required: true, title: true, listed: true, searched: true),
    Field(
      "kind", "kind", .choice(kinds), Word(Text.kind),
      headings: ["区分", "種別", "機器種別", "機器種類", "機器区分", "分類", "Type", "Category"], listed: true,
      filter: true, bulk: true),
    Field(
      "actsAsServer", "acts_as_server", .choice(serverWork), Word(Text.actsAsServer),
      hint: Word(Text.actsAsServerHint),
      headings: ["サーバの役割", "サーバ機能", "単体で処理", "Acts as Server"], bulk: true),
    Field(
      "status", "status", .choice(statuses), Word(Text.status),
      headings: ["資産状態", "機器状態", "使用状況", "利用状況", "使用状態", "状況", "State"], filter: true, bulk: true),
    Field(
      "system", "system_id", .entry(of: "systems", table: "system", title: "name"), Word(Text.system),
      headings: ["システム名", "所属システム", "業務システム", "関連システム", "System Name"], bulk: true),
    Field(
      "place", "place", .text(80), Word(Text.place),
      headings: ["設置場所", "所在", "所在地", "保管場所", "設置部屋", "Location"], listed: true, bulk: true,
      searched: true),
    Field(
      "department", "department", .text(40), Word(Text.department),
      headings: ["部署名", "部門", "所属", "管理部署", "使用部署", "利用部署", "設置部署", "Dept", "Division"], bulk: true,
      searched: true),
    Field(
      "usedBy", "used_by", .text(40), Word(Text.usedBy),
      headings: ["使用者名", "利用者", "利用者名", "ユーザー", "ユーザ", "ユーザー名", "ユーザ名", "User Name", "Used by"],
      searched: true),
    Field(
      "maker", "maker", .text(40), Word(Text.maker),
      headings: ["メーカ", "メーカー名", "メーカ名", "製造元", "製造業者", "製造会社", "Manufacturer"], searched: true),
    Field(
      "model", "model", .text(60), Word(Text.model),
      headings: [
        "機種名", "型番", "型式", "型名", "モデル", "モデル名", "製品名", "Model Name", "Model Number", "Product Name",
      ], searched: true),
    Field(
      "serial", "serial", .text(60), Word(Text.serial),
      headings: [
        "シリアル番号", "シリアルナンバー", "シリアルナンバー(BIOS)", "シリアルNo", "シリアルNo.", "シリアル", "BIOS製造番号", "S/N",
        "製番", "機番", "Serial", "Serial No", "Serial No.",
      ], searched: true),
  ]

  /// What runs on it and where it is on the network.
  private static let software: [Field] = [
    Field(
      "os", "os", .text(60), Word(Text.os), hint: Word(Text.osHint),
      headings: ["OS名", "OS名称", "OSの種類", "オペレーティングシステム", "Operating System", "OS Name"], listed: true,
      bulk: true, searched: true),
    Field(
      "osVersion", "os_version", .text(60), Word(Text.osVersion), hint: Word(Text.osVersionHint),
      headings: [
        "OSバージョン", "OS版", "OS版数", "OSのバージョン", "ファームウェア", "ファームウェア版", "ファームウェアバージョン",
        "Firmware", "Firmware Version",
      ], bulk: true),
    Field(
      "software", "software", .lines(2000), Word(Text.software), hint: Word(Text.softwareHint),
      headings: ["ソフト", "ソフトウェア", "主なソフトウェア", "インストールソフト", "アプリ", "アプリケーション", "Applications"]),
    Field(
      "ipAddress", "ip_address", .text(100), Word(Text.ipAddress), hint: Word(Text.ipAddressHint),
      headings: ["IP", "IPv4アドレス", "IPv4", "IPv4 Address"], searched: true),
    Field(
      "macAddress", "mac_address", .text(60), Word(Text.macAddress), hint: Word(Text.macAddressHint),
      headings: ["MAC", "物理アドレス", "Physical Address"], searched: true),
  ]

  /// Whose it is and who keeps it up to date.
  private static let support: [Field] = [
    Field(
      "supportEndsOn", "support_ends_on", .day, Word(Text.supportEndsOn), hint: Word(Text.supportEndsOnHint),
      headings: [
        "サポート終了", "サポート期限", "サポート終了予定日", "OSサポート終了日", "OSサポート期限", "EOS", "EOSL", "EOL",
        "End of Support", "Support End Date",
      ], listed: true, bulk: true),
    Field(
      "owned", "owned", .choice(owners), Word(Text.owned),
      headings: ["所有", "所有区分", "Ownership"], bulk: true),
    Field(
      "updatedBy", "updated_by", .choice(updaters), Word(Text.updatedBy), hint: Word(Text.updatedByHint),
      headings: ["更新担当", "更新責任", "アップデート担当", "パッチ適用担当", "Update Responsibility"], listed: true,
      filter: true, bulk: true),
    Field(
      "vendor", "vendor_id", .entry(of: "vendors", table: "vendor", title: "name"), Word(Text.vendor),
      headings: ["事業者名", "業者", "業者名", "保守業者", "保守会社", "ベンダー", "ベンダ", "委託先", "Vendor Name", "Supplier"],
      bulk: true),
    Field(
      "updateClause", "update_clause", .text(100), Word(Text.updateClause), hint: Word(Text.updateClauseHint),
      headings: ["更新の根拠条項", "根拠の契約", "根拠の契約・条", "Update Clause"], bulk: true),
    Field(
      "remoteMaintenance", "remote_maintenance", .choice(yesNo), Word(Text.remoteMaintenance),
      hint: Word(Text.remoteMaintenanceHint),
      headings: ["遠隔保守の有無", "リモート保守", "リモート保守の有無", "リモートメンテナンス", "Remote Support"], listed: true,
      filter: true, bulk: true),
  ]

  private static let checks: [Field] = [
    Field(
      "checkedOn", "checked_on", .day, Word(Text.checkedOn), hint: Word(Text.checkedOnHint),
      headings: ["最終確認日", "最後の確認日", "棚卸日", "最終棚卸日", "点検日", "最終点検日", "Last Checked", "Last Check"],
      bulk: true),
    Field(
      "nextCheckOn", "next_check_on", .day, Word(Text.nextCheckOn),
      headings: ["次回確認日", "次回棚卸日", "次回点検日", "Next Check"], bulk: true),
    Field(
      "erasedOn", "erased_on", .day, Word(Text.erasedOn), hint: Word(Text.erasedOnHint),
      headings: ["データ消去日", "Date Erased"]),
    Field(
      "erasureProof", "erasure_proof", .text(200), Word(Text.erasureProof), hint: Word(Text.erasureProofHint),
      headings: ["消去証明", "消去証明書", "データ消去証明書", "消去証明書番号", "Erasure Certificate"]),
    Field(
      "note", "note", .lines(1000), Word(Text.note), hint: Word(Text.noteHint),
      headings: ["メモ", "摘要", "コメント", "特記事項", "Notes", "Remarks", "Comment"]),
  ]
}

extension Devices {
  private static let kinds: [Field.Choice] = [
    Field.Choice("server", Word(Text.server)), Field.Choice("pc", Word(Text.pc)),
    Field.Choice("network", Word(Text.network)), Field.Choice("medical", Word(Text.medical)),
    Field.Choice("ups", Word(Text.ups)), Field.Choice("storage", Word(Text.storage)),
    Field.Choice("other", Word(Text.other)),
  ]
  private static let serverWork: [Field.Choice] = [
    Field.Choice("yes", Word(Text.yes)), Field.Choice("no", Word(Text.no)),
  ]
  private static let statuses: [Field.Choice] = [
    Field.Choice("in-use", Word(Text.inUse)), Field.Choice("lent", Word(Text.lent), .info),
    Field.Choice("stored", Word(Text.stored)), Field.Choice("disposed", Word(Text.disposed)),
  ]
  private static let owners: [Field.Choice] = [
    Field.Choice("own", Word(Text.own)), Field.Choice("vendor", Word(Text.byVendor)),
    Field.Choice("lease", Word(Text.lease)),
  ]
  private static let updaters: [Field.Choice] = [
    Field.Choice("own", Word(Text.own)), Field.Choice("vendor", Word(Text.byVendor)),
    Field.Choice("undecided", Word(Text.undecided), .bad),
  ]
  private static let yesNo: [Field.Choice] = [
    Field.Choice("yes", Word(Text.yes)), Field.Choice("no", Word(Text.no)),
    Field.Choice("unknown", Word(Text.unknown), .bad),
  ]
}
