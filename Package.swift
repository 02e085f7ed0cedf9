// swift-tools-version:6.2
import PackageDescription

/// One array for every target; a setting here is a rule of the whole package.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .treatAllWarnings(as: .error),
]

let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")

/// The arrows between modules. An import that is not listed here does not compile
/// (see `SWIFT_FLAGS` in the Makefile); no fake lists another fake.
func module(_ name: String, uses modules: [Target.Dependency] = [], _ external: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: modules + external, swiftSettings: settings)
}

func tests(
    _ name: String, uses modules: [Target.Dependency], _ external: [Target.Dependency] = [], exclude: [String] = []
) -> Target {
    .testTarget(name: name, dependencies: modules + external, exclude: exclude, swiftSettings: settings)
}

let package = Package(
    name: "agentcore-local",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "agentcore-local", targets: ["Command"]),
        .executable(name: "bench", targets: ["bench"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", "4.5.2"..<"5.0.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0", traits: []),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    ],
    targets: [
        // Layer 1: the world a fake lives in.
        module("Kernel", [httpTypes, .product(name: "HeapModule", package: "swift-collections")]),
        // Layer 2: the three vocabularies and the store.
        module(
            "OAuthCore",
            uses: ["Kernel"],
            [
                httpTypes, .product(name: "JWTKit", package: "jwt-kit"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
            ]),
        module("MCPCore", uses: ["Kernel"], [httpTypes]),
        module("Policy", uses: ["Kernel"]),
        module("AWSCore", uses: ["Kernel"], [httpTypes, .product(name: "Crypto", package: "swift-crypto")]),
        module(
            "SQLiteStore", uses: ["Kernel"],
            [
                .product(name: "GRDB", package: "GRDB.swift"), .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ]),
        // Layer 3: the fakes. They talk HTTP only.
        module("ControlPlane", uses: ["Kernel", "AWSCore"], [httpTypes]),
        module("IdentityService", uses: ["Kernel", "AWSCore", "OAuthCore"], [httpTypes]),
        module("Gateway", uses: ["Kernel", "AWSCore", "OAuthCore", "MCPCore"], [httpTypes]),
        module("InboundProvider", uses: ["Kernel", "AWSCore", "OAuthCore"], [httpTypes]),
        module("AuthorizationServer", uses: ["Kernel", "OAuthCore"], [httpTypes]),
        module("MCPServer", uses: ["Kernel", "OAuthCore", "MCPCore"], [httpTypes]),
        module("Application", uses: ["Kernel", "AWSCore", "OAuthCore"], [httpTypes]),
        module("AccountServices", uses: ["Kernel", "AWSCore", "Policy"], [httpTypes]),
        module("LambdaService", uses: ["Kernel", "AWSCore"], [httpTypes]),
        module("RESTService", uses: ["Kernel"], [httpTypes]),
        // The scenario language; it knows no fake.
        module("Scenario", uses: ["Kernel"], [.product(name: "Yams", package: "Yams")]),
        // CloudFormation templates; it calls the AWS API and knows no fake either.
        module("Deploy", uses: ["Kernel", "AWSCore", "Scenario"], [httpTypes]),
        // Layer 4: assembly, actors, steps, runner; and the HTTP shell.
        module(
            "Harness",
            uses: [
                "Kernel", "OAuthCore", "MCPCore", "AWSCore", "ControlPlane", "IdentityService", "Gateway",
                "InboundProvider", "AuthorizationServer", "MCPServer", "Application", "LambdaService", "RESTService",
                "Scenario", "SQLiteStore", "Deploy", "AccountServices",
            ],
            [httpTypes]),
        module(
            "Serve",
            uses: ["Kernel"],
            [
                httpTypes, .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"), .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
            ]),
        // Servers and commands of the user's own; in no scenario run.
        module(
            "Outbound",
            uses: ["Kernel"],
            [
                httpTypes, .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
            ]),
        // Leaves above the harness.
        module("Control", uses: ["Kernel", "Scenario", "Harness"], [httpTypes]),
        module("Console", uses: ["Kernel", "OAuthCore", "Harness"], [httpTypes]),
        module("Reports", uses: ["Kernel", "OAuthCore", "Scenario", "Harness", "SQLiteStore"], [httpTypes]),
        module("Explore", uses: ["Kernel", "OAuthCore", "AWSCore", "Scenario", "Harness"], [httpTypes]),
        .executableTarget(
            name: "Command",
            dependencies: [
                "Explore",
                "Kernel", "AWSCore", "Scenario", "Harness", "Serve", "Outbound", "Control", "Console", "Reports",
                "SQLiteStore", httpTypes,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings),
        // Counts allocations in programs that measure.
        .target(name: "CHeap"),
        .executableTarget(
            name: "bench",
            dependencies: [
                "CHeap", "Kernel", "OAuthCore", "Scenario", "Harness", "Explore", "Serve", httpTypes,
                .product(name: "Yams", package: "Yams"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),
        // What anybody may send, tried by chance.
        module(
            "Fuzzing",
            uses: [
                "Kernel", "OAuthCore", "MCPCore", "AWSCore", "Policy", "Scenario", "Deploy", "Harness", "Explore",
            ],
            [httpTypes]),
        .executableTarget(name: "fuzz", dependencies: ["Fuzzing"], swiftSettings: settings),
        // What tests share.
        .target(
            name: "TestSupport", dependencies: ["Kernel", "AWSCore"], path: "Tests/TestSupport",
            swiftSettings: settings),
        tests(
            "CommandTests", uses: ["Command", "Harness", "Kernel", "Serve"],
            [.product(name: "ArgumentParser", package: "swift-argument-parser")]),
        tests("KernelTests", uses: ["Kernel"], [httpTypes]),
        tests("StoreTests", uses: ["Kernel", "SQLiteStore"]),
        tests("OAuthCoreTests", uses: ["Kernel", "OAuthCore", "TestSupport"], [httpTypes]),
        tests("AWSCoreTests", uses: ["Kernel", "AWSCore", "Harness", "TestSupport"], [httpTypes]),
        tests("InboundProviderTests", uses: ["Kernel", "OAuthCore", "InboundProvider", "TestSupport"], [httpTypes]),
        tests(
            "AuthorizationServerTests", uses: ["Kernel", "OAuthCore", "AuthorizationServer", "TestSupport"], [httpTypes]
        ),
        tests("MCPServerTests", uses: ["Kernel", "OAuthCore", "MCPCore", "MCPServer"], [httpTypes]),
        tests("ControlPlaneTests", uses: ["Kernel", "AWSCore", "ControlPlane", "TestSupport"], [httpTypes]),
        tests(
            "IdentityServiceTests", uses: ["Kernel", "AWSCore", "OAuthCore", "IdentityService", "TestSupport"],
            [httpTypes]),
        tests(
            "GatewayTests", uses: ["Kernel", "AWSCore", "OAuthCore", "MCPCore", "Gateway", "TestSupport"], [httpTypes]),
        tests("LambdaServiceTests", uses: ["Kernel", "LambdaService"], [httpTypes]),
        tests("RESTServiceTests", uses: ["Kernel", "RESTService"], [httpTypes]),
        tests(
            "OutboundTests", uses: ["Kernel", "AWSCore", "Outbound"],
            [
                httpTypes, .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        tests("ApplicationTests", uses: ["Kernel", "AWSCore", "OAuthCore", "Application"], [httpTypes]),
        tests("PolicyTests", uses: ["Kernel", "Policy"]),
        tests("AccountServicesTests", uses: ["Kernel", "AWSCore", "AccountServices", "TestSupport"], [httpTypes]),
        tests("DeployTests", uses: ["Kernel", "AWSCore", "Scenario", "Deploy"], [httpTypes]),
        tests("ScenarioTests", uses: ["Kernel", "Scenario"], exclude: ["Rejected"]),
        tests(
            "HarnessTests", uses: ["CHeap", "Kernel", "OAuthCore", "Scenario", "Harness", "Control", "TestSupport"],
            [httpTypes]),
        tests(
            "ConsoleTests", uses: ["Kernel", "OAuthCore", "Harness", "Control", "Console", "TestSupport"], [httpTypes]),
        tests(
            "ScenarioFileTests", uses: ["Kernel", "Scenario", "Harness", "Reports", "SQLiteStore", "TestSupport"],
            [httpTypes],
            exclude: ["Rejected"]),
        tests(
            "ExploreTests",
            uses: ["Kernel", "AWSCore", "IdentityService", "Scenario", "Harness", "Explore", "TestSupport"]),
        tests("FuzzTests", uses: ["Kernel", "Harness", "Fuzzing", "TestSupport"]),
        tests("ServeTests", uses: ["Kernel", "Serve"], [httpTypes]),
        tests("TidyTests", uses: ["Kernel", "AWSCore", "Scenario", "Harness", "TestSupport"]),
    ]
)
