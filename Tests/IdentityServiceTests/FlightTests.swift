import AWSCore
import HTTPTypes
import IdentityService
import Kernel
import Testing

/// A burst of calls that find the same entry expired (ledger `vault-one-flight`).
@Suite struct FlightTests {
    private static let burst = 64

    /// An authorization server that takes its time: other tasks get their turn before it answers.
    private struct Slow: Origin {
        let origin: ScriptedOrigin
        func respond(to request: Request) async -> Response {
            for _ in 0..<200 { await Task.yield() }
            return await origin.respond(to: request)
        }
    }

    private func lab(_ answer: @escaping @Sendable (Form) -> Response) async throws -> (Fixture, String) {
        let lab = try Fixture()
        let workload = try await lab.workloadToken()
        let uri = try await lab.consent(workload, provider: "custom")
        #expect(try await lab.complete(uri).status == 200)
        await lab.advance(.minutes(120))
        lab.custom.answers { request in
            guard request.method == .post else { return Fixture.customServer(request) }
            return answer(Form(parsing: String(decoding: request.body, as: UTF8.self)))
        }
        lab.network.connect(Party("as"), Slow(origin: lab.custom))
        return (lab, workload)
    }

    private func atOnce(_ body: @escaping @Sendable () async throws -> Response) async throws -> [Response] {
        try await withThrowingTaskGroup(of: Response.self) { group in
            for _ in 0..<Self.burst { group.addTask { try await body() } }
            var answers: [Response] = []
            for try await answer in group { answers.append(answer) }
            return answers
        }
    }

    private func refreshes(_ lab: Fixture) -> Int {
        lab.custom.tokenForms.filter { $0["grant_type"] == "refresh_token" }.count
    }

    @Test(.timeLimit(.minutes(10))) func oneRefreshServesAll() async throws {
        let (lab, workload) = try await lab { form in
            form["refresh_token"] == "refresh_one"
                ? .json(200, ["access_token": "two", "expires_in": 3600, "refresh_token": "refresh_two"])
                : .json(400, ["error": "invalid_grant"])
        }
        let answers = try await atOnce { try await lab.ask(workload, provider: "custom") }
        #expect(answers.count == Self.burst)
        #expect(answers.allSatisfy { $0.json == ["accessToken": "two"] })
        #expect(refreshes(lab) == 1)
    }

    @Test(.timeLimit(.minutes(10))) func aRefreshThatIsRefusedIsNotRepeated() async throws {
        let (lab, workload) = try await lab { _ in .json(400, ["error": "invalid_grant"]) }
        let answers = try await atOnce { try await lab.ask(workload, provider: "custom") }
        #expect(answers.allSatisfy { $0.json?["sessionStatus"] == "IN_PROGRESS" })
        #expect(refreshes(lab) == 1)
    }

    @Test(.timeLimit(.minutes(10))) func oneTokenServesEveryMachine() async throws {
        let (lab, _) = try await lab { form in
            form["grant_type"] == "client_credentials"
                ? .json(200, ["access_token": "machine", "expires_in": 3600]) : .json(400, ["error": "invalid_request"])
        }
        let before = lab.custom.tokenForms.count
        let answer = try await lab.call("GetWorkloadAccessToken", ["workloadName": "agent"])
        let workload = try #require(answer.json?["workloadAccessToken"]?.string)
        let answers = try await atOnce {
            try await lab.ask(workload, provider: "custom", ["oauth2Flow": "M2M", "resourceOauth2ReturnUrl": .null])
        }
        #expect(answers.allSatisfy { $0.json == ["accessToken": "machine"] })
        #expect(lab.custom.tokenForms.count == before + 1)
    }

    @Test("Forced in a burst, each call asks anew and none is served what was dropped", .timeLimit(.minutes(10)))
    func forced() async throws {
        let (lab, workload) = try await lab { _ in .json(200, ["access_token": "two", "expires_in": 3600]) }
        let answers = try await atOnce {
            try await lab.ask(workload, provider: "custom", ["forceAuthentication": true])
        }
        #expect(answers.allSatisfy { $0.json?["sessionStatus"] == "IN_PROGRESS" })
        #expect(refreshes(lab) == 0)
    }
}
