import HTTPTypes
import Harness
import Kernel
import Reports
import Testing

/// A picture of a run has what happened in its order: a request, what it caused, its answer.
struct StoryTests {
    private static func result(_ path: String) async throws -> ScenarioResult {
        let file = try #require(Library.load(paths: ["scenarios/\(path).yaml"], root: Corpus.root).0.first)
        let definitions = try Library.definitions(for: [file], root: Corpus.root)
        return await Runner(definitions: definitions).run(file)
    }

    private static func exchanges(_ journal: [JournalEntry]) -> Int {
        journal.count { if case .exchange = $0.event { true } else { false } }
    }

    /// Nobody but people, their programs and whom an alarm wakes speaks unasked; whoever was asked last answers first.
    @Test(arguments: ["flow/method-1", "flow/method-2", "language/every-answer-of-a-consent-page"])
    func aCauseComesBeforeWhatFollows(_ path: String) async throws {
        let result = try await Self.result(path)
        let story = Story(result)
        var asked = Set(Party.served.map(\.rawValue))
        var (open, count): ([(from: Int, to: Int)], Int) = ([], 0)
        for event in story.events {
            switch event.kind {
            case .exchange(let from, let to, let request, let answer, _):
                count += 1
                if let last = open.last {
                    #expect(last.to == from, "\(request)")
                } else {
                    #expect(!asked.contains(story.actors[from]), "\(request)")
                }
                if answer.isEmpty { open.append((from, to)) }
            case .answer(let from, let to, let text, _):
                let innermost = open.popLast()
                let last = try #require(innermost, "\(text)")
                #expect(last.to == from && last.from == to)
            case .step: #expect(open.isEmpty)
            case .note(let actor?, let text) where text.hasPrefix("alarm: "): asked.remove(story.actors[actor])
            case .move, .note: continue
            }
        }
        #expect(open.isEmpty && count == Self.exchanges(result.journal) && count > 10)
        #expect(story.events.map(\.sequence) == story.events.map(\.sequence).sorted())
    }

    @Test func theClientsCallStandsAroundWhatTheGatewayDidForIt() async throws {
        let lines = MermaidReport.render(try await Self.result("flow/method-2").story)
            .split(separator: "\n").map { $0.drop { $0 == " " } }
        var names: [String: Substring] = [:]
        for line in lines where line.hasPrefix("participant ") {
            names[line.split(separator: " ").dropFirst(3).joined(separator: " ")] = line.split(separator: " ")[1]
        }
        let client = try #require(names["alice's MCP client"])
        let (gateway, aws) = (try #require(names["gateway"]), try #require(names["aws"]))
        let (github, app) = (try #require(names["github"]), try #require(names["app"]))
        func first(_ start: String) -> Int { lines.firstIndex { $0.hasPrefix(start) } ?? -1 }
        func last(_ start: String) -> Int { lines.lastIndex { $0.hasPrefix(start) } ?? -1 }
        let completing = [
            first("\(app)->>\(aws): POST /identities/CompleteResourceTokenAuth"),
            first("\(aws)->>\(github): POST /login/oauth/access_token"), first("\(github)-->>\(aws): 200"),
            first("\(aws)-->>\(app)"),
        ]
        let calling = [
            last("\(client)->>\(gateway): POST"), last("\(gateway)->>\(aws)"), last("\(aws)-->>\(gateway)"),
            last("\(gateway)-->>\(client)"),
        ]
        for order in [completing, calling] { #expect(order == order.sorted() && !order.contains(-1)) }
    }

    /// Of several who act at once every message is drawn once, and steps stand where they began.
    @Test(arguments: ["language/two-users-consent-at-the-same-time", "language/every-answer-of-a-consent-page"])
    func nothingIsLostWhereSeveralActAtOnce(_ path: String) async throws {
        let result = try await Self.result(path)
        let story = Story(result)
        var (requests, begun, answered, steps) = (0, 0, 0, 0)
        for event in story.events {
            switch event.kind {
            case .exchange(_, _, _, let answer, _):
                requests += 1
                if answer.isEmpty { begun += 1 }
            case .answer: answered += 1
            case .step: steps += 1
            case .move, .note: continue
            }
        }
        #expect(requests == Self.exchanges(result.journal) && begun == answered && begun > 0)
        #expect(steps == result.records.count { !$0.isUndone })
        #expect(story.events.map(\.sequence) == story.events.map(\.sequence).sorted())
    }

    /// What the gateway and the services do for one person stands in the request of that person, whoever else is under
    /// way: by the tokens that they speak of.
    @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
    func whatSeveralCauseAtOnceStandsWithEachOfThem(_ seed: UInt64) async throws {
        let path = "scenarios/language/two-users-consent-at-the-same-time.yaml"
        let file = try #require(Library.load(paths: [path], root: Corpus.root).0.first)
        let result = await Runner(definitions: try Library.definitions(for: [file], root: Corpus.root))
            .run(file, seed: seed)
        try #require(result.verdict == .held)
        let users = ["alice", "bob"]
        var owners: [String: String] = [:]
        for entry in result.journal {
            guard case .token(.issued(let birth)) = entry.event, let user = birth.user else { continue }
            owners[birth.value.exposed] = users.first { user.hasPrefix($0) }
        }
        func owner(_ exchange: Exchange) -> String? {
            if let user = users.first(where: { exchange.from.rawValue.hasPrefix($0) }) { return user }
            let bearer = exchange.request.head.headerFields[.authorization]?.dropFirst("Bearer ".count)
            if let user = owners[String(bearer ?? "")] { return user }
            let said = "\(exchange.request.path) \(String(decoding: exchange.request.body, as: UTF8.self))"
            return owners.first { said.contains($0.key) }?.value
        }
        var (inner, overlaps) = (0, 0)
        func look(_ happening: Happening, in cause: String?) {
            guard case .entry(let entry) = happening.event, case .exchange(let exchange) = entry.event else { return }
            let own = owner(exchange)
            if let cause, let own {
                inner += 1
                #expect(own == cause, "\(exchange.from) to \(exchange.to) for \(own) in a request of \(cause)")
            }
            for caused in happening.inner { look(caused, in: cause ?? own) }
        }
        let told = result.happenings()
        for happening in told { look(happening, in: nil) }
        #expect(inner > 10)
        #expect(told.map(\.sequence) == told.map(\.sequence).sorted())
        // In the picture each is asked before what came of it, and is answered after that.
        var open: [(from: Int, to: Int)] = []
        let story = Story(result)
        for event in story.events {
            switch event.kind {
            case .exchange(let from, let to, let request, let answer, _):
                let isCaused = open.contains { $0.to == from }
                #expect(isCaused || !["gateway", "app"].contains(story.actors[from]), "\(request)")
                overlaps = max(overlaps, open.count { $0.to == to })
                if answer.isEmpty { open.append((from, to)) }
            case .answer(let from, let to, _, _):
                let place = open.lastIndex { $0.from == to && $0.to == from }
                open.remove(at: try #require(place))
            case .step, .move, .note: continue
            }
        }
        #expect(open.isEmpty && overlaps > 0)
    }
}
