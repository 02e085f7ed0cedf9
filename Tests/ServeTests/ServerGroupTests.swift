import Kernel
import Serve
import Synchronization
import Testing

extension SocketTests {
    @Suite("A group of servers", .serialized)
    struct ServerGroupTests {
        /// Serves on free ports while `body` runs.
        private func serving(
            _ answer: @escaping PartyAnswer, while body: @escaping @Sendable (ServedOrigins) async throws -> Void
        ) async throws {
            try await ServerGroup(PortPlan(base: 0)).run {
            } assemble: { _, _ in
                answer
            } while: {
                try await body($1)
            }
        }

        private static func port(_ origins: ServedOrigins, _ party: Party) throws -> Int {
            try #require(URLParts(origins[party])?.port)
        }

        @Test("answers for each party at its own port")
        func parties() async throws {
            try await serving { _, party in
                Response.plain(party == .idp ? 201 : 200, "\(party)")
            } while: { origins in
                #expect(origins.all.count == 7)
                for (party, _) in origins.all {
                    let status = Probe.status(of: "/", port: try Self.port(origins, party), patience: 60)
                    #expect(status == (party == .idp ? 201 : 200))
                }
            }
        }

        @Test("an answer that is lost is a broken connection")
        func lost() async throws {
            try await serving { request, party in
                throw NetworkFailure(.unreachable, host: party.rawValue)
            } while: { origins in
                let port = try Self.port(origins, .github)
                #expect(Probe.status(of: "/", port: port, patience: 60) == nil)
            }
        }

        /// Why these parties cannot be served from a port on.
        private static func failure(from base: Int, _ parties: [Party]) async throws -> String {
            let failure = await #expect(throws: ServeFailure.self) {
                try await ServerGroup(PortPlan(base: base), parties: parties).run {
                } assemble: { _, _ in
                    { _, _ in .plain(200, "") }
                } while: { _, _ in
                }
            }
            return "\(try #require(failure))"
        }

        @Test("a port in use is named, with the flag that helps")
        func inUse() async throws {
            try await serving { _, _ in
                .plain(200, "")
            } while: { origins in
                let port = try Self.port(origins, .aws)
                let failure = try await Self.failure(from: port, [.aws])
                #expect(failure.contains("port \(port) of 127.0.0.1, wanted for aws, is in use by"))
                #expect(failure.contains("--port-base"))
            }
        }

        @Test("all ports in use are named, and no other")
        func severalInUse() async throws {
            let base = try Self.freePorts()
            let parties: [Party] = [.aws, .gateway, .idp]
            try await ServerGroup(PortPlan(base: base), parties: [.aws, .idp]).run {
            } assemble: { _, _ in
                { _, _ in .plain(200, "") }
            } while: { _, _ in
                let failure = try await Self.failure(from: base, parties)
                #expect(
                    failure.hasPrefix("ports \(base) (aws), \(base + 2) (idp) of 127.0.0.1 are in use by "),
                    "\(failure)")
                #expect(failure.hasSuffix(": choose others with --port-base N, or free ones with --port-base 0"))
                #expect(!failure.contains("\n"))
            }
        }

        /// The first of three ports that nobody has.
        private static func freePorts() throws -> Int {
            let base = stride(from: 21_000, to: 31_000, by: 3).first { base in
                (base..<base + 3).allSatisfy { Diagnosis.obstacle(port: $0) == nil }
            }
            return try #require(base)
        }
    }
}
