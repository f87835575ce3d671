// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .unsafeFlags(["-Xfrontend", "-warn-long-expression-type-checking=1000"], .when(configuration: .debug)),
]

let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")

let subprocess: Target.Dependency = .product(name: "Subprocess", package: "swift-subprocess")
let system: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")

let nio: [Target.Dependency] = [
  .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
  .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOTLS", package: "swift-nio"),
  .product(name: "NIOHTTP2", package: "swift-nio-http2"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
  .product(name: "X509", package: "swift-certificates"), .product(name: "SwiftASN1", package: "swift-asn1"),
]

let package = Package(
  name: "mamorite",
  products: [.executable(name: "mamorite", targets: ["App"])],
  dependencies: [
    .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1"),
    .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
    .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.0"),
    .package(url: "https://github.com/apple/swift-log.git", from: "1.16.0"),
    .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.0"),
    .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.30.0"),
    .package(url: "https://github.com/apple/swift-nio-http2.git", from: "1.46.0"),
    .package(url: "https://github.com/apple/swift-certificates.git", from: "1.21.0"),
    .package(url: "https://github.com/apple/swift-asn1.git", from: "1.7.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    .package(url: "https://github.com/swiftlang/swift-subprocess.git", from: "1.0.2", traits: []),
    .package(url: "https://github.com/apple/swift-system.git", from: "1.8.0"),
    .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.0"),
    .package(url: "https://github.com/vapor/jwt-kit.git", from: "5.7.1"),
  ],
  targets: [
    .systemLibrary(name: "CPostgres", providers: [.apt(["libpq-dev"])]),
    .systemLibrary(name: "CSodium", providers: [.apt(["libsodium-dev"])]),
    .systemLibrary(name: "CFido2", providers: [.apt(["libfido2-dev"])]),
    .systemLibrary(name: "CQrencode", providers: [.apt(["libqrencode-dev"])]),
    .systemLibrary(name: "CXlsxWriter", providers: [.apt(["libxlsxwriter-dev"])]),
    .systemLibrary(name: "CZip", providers: [.apt(["libzip-dev"])]),
    .systemLibrary(name: "CCurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(name: "CLDAP", providers: [.apt(["libldap-dev"])]),
    .systemLibrary(name: "CNetSnmp", providers: [.apt(["libsnmp-dev"])]),

    .target(name: "Kernel", swiftSettings: strict),
    .target(name: "Programs", dependencies: [subprocess, system], swiftSettings: strict),
    .target(
      name: "Storage",
      dependencies: [
        "Kernel", "Programs", "CPostgres", "CSodium", crypto, subprocess, system,
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
      ],
      swiftSettings: strict),
    .target(
      name: "Publishing",
      dependencies: [
        "Kernel", "Programs", "CQrencode", "CXlsxWriter", "CZip",
      ],
      resources: [.copy("Publishing.files")],
      swiftSettings: strict),
    .target(
      name: "Mail", dependencies: ["Kernel", "Programs", "CCurl"], swiftSettings: strict),
    .target(
      name: "Identity",
      dependencies: [
        "Kernel", "CCurl", "CLDAP", crypto, .product(name: "JWTKit", package: "jwt-kit"),
        .product(name: "X509", package: "swift-certificates"),
        .product(name: "SwiftASN1", package: "swift-asn1"),
      ],
      swiftSettings: strict),
    .target(
      name: "Frameworks", dependencies: ["Kernel", "Publishing", yams, crypto], swiftSettings: strict),
    .target(
      name: "Probes", dependencies: ["Kernel", "CNetSnmp", "CPostgres"] + nio,
      resources: [.copy("Probes.files")], swiftSettings: strict),
    .target(
      name: "Web",
      dependencies: [
        "Kernel", "Storage", "CFido2", "CSodium", hummingbird, crypto, yams, logging,
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
      ],
      resources: [.copy("Web.files")],
      swiftSettings: strict),
    .target(
      name: "Registers",
      dependencies: ["Kernel", "Storage", "Publishing", "Mail", "Identity", "Web", logging],
      resources: [
        .copy("AccountReviews/AccountReviews.files"),
        .copy("Accounts/Accounts.files"), .copy("Accounts/Factors.files"),
        .copy("Accounts/Passkeys.files"), .copy("Accounts/Proofs.files"),
        .copy("BreakGlass/BreakGlass.files"), .copy("Tokens/Tokens.files"), .copy("SignOns/SignOns.files"),
        .copy("Directories/Directories.files"),
        .copy("Grants/Grants.files"),
        .copy("SharedTerminals/SharedTerminals.files"),
        .copy("Facilities/Facilities.files"), .copy("Files/Files.files"),
        .copy("Columns/Columns.files"),
        .copy("Mails/Mails.files"), .copy("ListChecks/ListChecks.files"),
        .copy("SavedViews/SavedViews.files"),
        .copy("PrintedLedgers/PrintedLedgers.files"),
        .copy("People/People.files"),
        .copy("Register/Register.files"), .copy("Systems/Systems.files"), .copy("Devices/Devices.files"),
        .copy("Connections/Connections.files"), .copy("Vendors/Vendors.files"),
        .copy("Contracts/Contracts.files"), .copy("Documents/Documents.files"),
        .copy("Provisions/Provisions.files"), .copy("Dependencies/Dependencies.files"),
        .copy("Diagrams/Diagrams.files"), .copy("Roles/Roles.files"), .copy("Contacts/Contacts.files"),
        .copy("Departments/Departments.files"), .copy("Places/Places.files"),
        .copy("Emergency/Emergency.files"), .copy("Responsibility/Responsibility.files"),
        .copy("Disclosures/Disclosures.files"), .copy("Maintenance/Maintenance.files"),
      ],
      swiftSettings: strict),
    .target(
      name: "Assurance",
      dependencies: [
        "Kernel", "Storage", "Publishing", "Frameworks", "Identity", "Mail", "Registers", "Web", yams, crypto,
        logging,
      ],
      resources: [
        .copy("Assessments/Assessments.files"), .copy("Reports/Reports.files"), .copy("Home/Home.files"),
        .copy("Requests/Requests.files"), .copy("Requests/Links.files"), .copy("Requests/Sheets.files"),
        .copy("Clinic/Clinic.files"), .copy("Conditions/Conditions.files"), .copy("Ledger/Ledger.files"),
        .copy("Moves/Moves.files"), .copy("Stamps/Stamps.files"),
        .copy("Backups/Backups.files"), .copy("Frameworks/Frameworks.files"),
        .copy("Editions/Editions.files"), .copy("Audits/Audits.files"),
        .copy("Measures/Measures.files"), .copy("Mappings/Mappings.files"),
        .copy("RecordSignals/RecordSignals.files"),
        .copy("Submissions/Submissions.files"), .copy("Findings/Findings.files"),
        .copy("Visits/Visits.files"), .copy("PeriodicReviews/PeriodicReviews.files"),
        .copy("Risks/Risks.files"), .copy("Plans/Plans.files"),
        .copy("Rollout/Rollout.files"),
      ],
      swiftSettings: strict),
    .target(
      name: "Operations",
      dependencies: ["Kernel", "Storage", "Publishing", "Mail", "Probes", "Registers", "Web"],
      resources: [
        .copy("Monitoring/Monitoring.files"), .copy("OnCall/OnCall.files"), .copy("Paging/Paging.files"),
        .copy("Figures/Figures.files"), .copy("Board/Board.files"), .copy("Recovery/Recovery.files"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "App",
      dependencies: [
        "Kernel", "Storage", "Publishing", "Frameworks", "Probes", "Web", "Registers", "Assurance",
        "Operations", hummingbird, logging, yams, crypto,
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "HummingbirdTLS", package: "hummingbird"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "SwiftASN1", package: "swift-asn1"),
        .product(name: "X509", package: "swift-certificates"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ],
      swiftSettings: strict),

    .executableTarget(
      name: "Bench",
      dependencies: [
        "Kernel", "Storage", "Publishing", "Frameworks", "Web", "Registers", "Assurance", "Operations",
        "Probes", crypto,
      ],
      path: "Benchmarks", swiftSettings: strict),

    .target(
      name: "TestSupport",
      dependencies: [
        "Kernel", "Storage", "Web", "Registers", "Assurance", "Operations", subprocess, system,
        crypto, hummingbird, .product(name: "HummingbirdTesting", package: "hummingbird"), logging,
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "NIOCore", package: "swift-nio"),
      ],
      path: "Tests/TestSupport", swiftSettings: strict),
    .testTarget(name: "KernelTests", dependencies: ["Kernel"], swiftSettings: strict),
    .testTarget(
      name: "StorageTests", dependencies: ["Storage", "Kernel", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "PublishingTests", dependencies: ["Publishing", "Kernel", "CZip", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "FrameworksTests", dependencies: ["Frameworks", "Kernel", "Publishing"], swiftSettings: strict),
    .testTarget(name: "MailTests", dependencies: ["Mail", "Kernel"], swiftSettings: strict),
    .testTarget(
      name: "IdentityTests",
      dependencies: ["Identity", "Kernel", crypto, .product(name: "JWTKit", package: "jwt-kit")],
      swiftSettings: strict),
    .testTarget(name: "ProbesTests", dependencies: ["Probes", "Kernel"] + nio, swiftSettings: strict),
    .testTarget(name: "WebTests", dependencies: ["Web", "Kernel"], swiftSettings: strict),
    .testTarget(
      name: "RegistersTests",
      dependencies: [
        "Registers", "Kernel", "Storage", "Mail", "Identity", "Web", "TestSupport", "Publishing",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "AssuranceTests",
      dependencies: [
        "Assurance", "Kernel", "Storage", "Frameworks", "Identity", "Registers", "Publishing", "Mail", "Web",
        "TestSupport", crypto,
      ],
      exclude: ["access.tsv", "moves.tsv"], swiftSettings: strict),
    .testTarget(
      name: "OperationsTests",
      dependencies: [
        "Operations", "Kernel", "Storage", "Mail", "Probes", "Registers", "Web", "TestSupport",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "GuardTests",
      dependencies: [
        "Kernel", "Storage", "Publishing", "Mail", "Probes", "Web", "Registers", "Assurance", "TestSupport",
      ],
      swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)
