import Control
import HTTPTypes
import Harness
import Kernel
import Synchronization
import Testing

/// A lab whose changes outlive the process.
struct ArchiveTests {
    @Test func aLabGoesOnWhereItStopped() async throws {
        let archive = Shelf()
        let first = try ControlledLab { $0.archive = archive }
        let (url, token, gatewayURL) = try await first.consentURL()
        _ = try await first.json(.post, "/_local/clock", ["skew": ["github": "-1s"]])
        let answer = try await first.callTool(gatewayURL, token: token)
        let newer = try #require(answer["error"]?["data"]?["elicitations"]?[0]?["url"]?.string)

        let second = try ControlledLab { $0.archive = archive }
        #expect(second.lab.clock.now == first.lab.clock.now)
        #expect(second.lab.clock.pendingAlarms == first.lab.clock.pendingAlarms)
        #expect(second.lab.clock.skew(of: .github) == .seconds(-1))
        #expect(second.lab.entropy.positions == first.lab.entropy.positions)
        #expect(newer != url)
        _ = await second.lab.consent(url: newer, user: "alice")
        let answered = try await second.callTool(gatewayURL, token: token)
        #expect(answered["result"]?["isError"] == false, "\(answered.text)")
    }

    /// Between an alarm and what comes of it others go on, and keep their changes.
    @Test func anAlarmThatWasRingingRingsAgain() async throws {
        let archive = Shelf()
        let first = try ControlledLab { $0.archive = archive }.lab
        let due = first.clock.now + .seconds(10)
        first.clock.schedule(Alarm(due: due, party: .outside, label: "cut short"))
        #expect(first.clock.advance(towards: due)?.label == "cut short")
        try first.store.keepEscort(.changed)

        let second = try ControlledLab { $0.archive = archive }.lab
        #expect(second.clock.pendingAlarms.map(\.label) == ["cut short"])
        await second.advance(to: due)

        let third = try ControlledLab { $0.archive = archive }.lab
        #expect(third.clock.pendingAlarms.isEmpty)
        #expect(third.clock.now == due)
    }

    /// However many alarms wait, a change writes the rows that it changes and no others.
    @Test func anAlarmIsWrittenOnce() async throws {
        let archive = Shelf()
        let first = try ControlledLab { $0.archive = archive }.lab
        let start = first.clock.now
        let alarm = { (second: Int64) in Alarm(due: start + .seconds(second), party: .outside, label: "\(second)") }
        for second in (1...50).reversed() { first.clock.schedule(alarm(Int64(second))) }
        try first.store.keepEscort(.changed)
        let written = archive.written
        first.clock.schedule(alarm(51))
        try first.store.keepEscort(.changed)
        // The alarm, and where the lab stands.
        #expect(archive.written - written == 2)

        let second = try ControlledLab { $0.archive = archive }.lab
        #expect(second.clock.pendingAlarms == first.clock.pendingAlarms)
        await second.advance(by: .seconds(10))
        let snapshot = second.snapshot()
        await second.advance(by: .seconds(10))
        #expect(try ControlledLab { $0.archive = archive }.lab.clock.pendingAlarms.count == 31)
        try second.restore(snapshot)
        try second.keepState()
        let third = try ControlledLab { $0.archive = archive }.lab
        #expect(third.clock.pendingAlarms.map(\.label) == (11...50).reversed().map(String.init) + ["51"])
    }

    /// After a restart only what is asked for is read; a snapshot holds the rest too.
    @Test func aSnapshotAfterARestartHoldsEverything() async throws {
        let archive = Shelf()
        let first = try ControlledLab { $0.archive = archive }
        let (url, token, gatewayURL) = try await first.consentURL()

        let second = try ControlledLab { $0.archive = archive }
        let snapshot = second.lab.snapshot()
        _ = await second.lab.consent(url: url, user: "alice")
        #expect(try await second.callTool(gatewayURL, token: token)["result"]?["isError"] == false)
        try second.lab.restore(snapshot)
        // Asked again: the consent is undone, gateway, target and session are there.
        #expect(try await second.callTool(gatewayURL, token: token)["error"]?["code"] == -32042)

        let third = try ControlledLab { $0.archive = archive }
        #expect(try await third.callTool(gatewayURL, token: token)["error"]?["code"] == -32042)
    }

    @Test func resetEmptiesTheArchive() async throws {
        let archive = Shelf()
        let lab = try ControlledLab { $0.archive = archive }
        _ = try await lab.consentURL()
        try lab.lab.reset()
        #expect(archive.isEmpty)
    }

    /// Parties are asked for a path in the lab itself, which has to be put back afterwards.
    @Test func whatCannotBePutBackIsTold() async throws {
        let archive = Shelf()
        let lab = try ControlledLab { $0.archive = archive }.lab
        #expect(try await lab.knows("/user", [.github]))
        #expect(try await !lab.knows("/usr", [.github]))
        archive.fails()
        await #expect(throws: StoreFailure.self) { try await lab.knows("/usr", [.github]) }
    }

    /// Who says no to everything is asked for its paths, whether a gateway is there or not.
    @Test(
        arguments: [
            ("/", .aws, true), ("/gateways/g-1/targets/", .aws, true), ("/gateways/g-1/targts/", .aws, false),
            ("/identities/oauth2/authorize", .aws, true), ("/identities/oauth2/callback/c-1", .aws, true),
            ("/identities/oauth2/callbck/c-1", .aws, false), ("/identities/CompleteResourceTokenAuth", .aws, true),
            ("/gateways/g-1/mcp", .gateway, true), ("/gateways/g-1", .gateway, false), ("/mcp", .gateway, false),
            ("/gateways/g-1/.well-known/oauth-protected-resource", .gateway, true),
            ("/gateways/g-1/.well-known/oauth-protected-resources", .gateway, false),
        ] as [(String, Party, Bool)])
    func pathsAreWhatThePartiesSay(_ path: String, _ party: Party, _ isKnown: Bool) async throws {
        #expect(try await LabFixture.lab().knows(path, [party]) == isKnown)
    }

    /// Wherever among the steps of its archive a lab is stopped: what it told is told to nobody else after a restart.
    @Test func noTokenComesTwiceAfterAFullDisk() async throws {
        var told = 0
        for room in 0..<40 {
            let archive = Shelf()
            let first = try ControlledLab { $0.archive = archive }
            #expect(await Self.identity("CreateWorkloadIdentity", ["name": "agent"], first)?.isSuccess == true)
            archive.makeRoom(for: room)
            var tokens: Set<String> = []
            for user in 0..<6 {
                if let token = await Self.token(of: "user\(user)", first) { tokens.insert(token) }
            }
            told += tokens.count
            archive.makeRoom(for: .max)
            let second = try ControlledLab { $0.archive = archive }
            for user in 0..<6 {
                let token = try #require(await Self.token(of: "new\(user)", second))
                #expect(!tokens.contains(token), "room \(room)")
            }
        }
        #expect((40..<240).contains(told))
    }

    /// nil for an answer that is a failure.
    private static func token(of user: String, _ lab: ControlledLab) async -> String? {
        let answer = await identity("GetWorkloadAccessTokenForUserId", ["workloadName": "agent", "userId": user], lab)
        return answer?.json?["workloadAccessToken"]?.string
    }

    private static func identity(
        _ operation: String, _ input: [String: String], _ lab: ControlledLab
    ) async -> Response? {
        let members = input.sorted { $0.key < $1.key }.map { JSONObject.Member($0.key, .string($0.value)) }
        let body = JSONValue.object(JSONObject(members))
        let url = "\(lab.lab.addresses.origin(of: .aws))/identities/\(operation)"
        let request = Request(.post, url, headers: [.contentType: "application/json"], body: body.bytes)
        return try? await lab.lab.network.send(request, from: Party("admin"))
    }

    @Test func aLabThatCannotKeepAnythingIsNotReadyUntilItCan() async throws {
        let archive = Shelf()
        let lab = try ControlledLab { $0.archive = archive }
        archive.makeRoom(for: 0)
        #expect(await Self.identity("CreateWorkloadIdentity", ["name": "agent"], lab)?.status == 500)
        #expect(await lab.call(.post, "/_local/clock", ["advance": "1s"]).status == 500)
        let ready = await lab.call(.get, "/_local/ready")
        #expect(ready.status == 503 && ready.json?["reason"] == "the disk is full")
        #expect(await lab.call(.get, "/_local/health").status == 200)
        let elsewhere = await lab.control.answer(Request(.get, "http://127.0.0.1:4580/_local/ready"), at: .aws)
        #expect(elsewhere?.status == 503)
        archive.makeRoom(for: .max)
        #expect(await lab.call(.get, "/_local/ready").status == 200)
        #expect(await Self.identity("CreateWorkloadIdentity", ["name": "agent"], lab)?.isSuccess == true)
        #expect(await Self.token(of: "alice", lab) != nil)
    }

    /// Somebody who is told that it failed asks again.
    @Test func whatCannotBeKeptIsNotDone() async throws {
        let archive = Shelf()
        let lab = try ControlledLab { $0.archive = archive }
        let before = lab.lab.clock.now
        archive.makeRoom(for: 0)
        #expect(await lab.call(.post, "/_local/clock", ["advance": "11m", "skew": ["github": "1s"]]).status == 500)
        #expect(lab.lab.clock.now == before && lab.lab.clock.skews.isEmpty)
        archive.makeRoom(for: .max)
        #expect(await lab.call(.post, "/_local/clock", ["advance": "11m"]).status == 200)
        #expect(lab.lab.clock.now == before + .minutes(11))
    }

    /// What an alarm is for is done once there is room, and not before.
    @Test func whatRangInVainRingsAgain() async throws {
        let archive = Shelf()
        let lab = try ControlledLab { $0.archive = archive }
        let gateway: JSONValue = [
            "name": "demo-gw", "roleArn": "arn:aws:iam::111122223333:role/gw", "authorizerType": "NONE",
        ]
        let id = try #require(try await lab.aws(.post, "/gateways/", gateway)["gatewayId"]?.string)
        let waiting = lab.lab.clock.pendingAlarms.map(\.label)
        archive.makeRoom(for: 0)
        await lab.lab.advance(by: .seconds(60))
        #expect(lab.lab.clock.pendingAlarms.isEmpty)
        #expect(lab.lab.clock.unfinishedAlarms.map(\.alarm.label) == waiting && !waiting.isEmpty)
        archive.makeRoom(for: .max)
        #expect(await lab.call(.get, "/_local/ready").status == 200)
        let second = try ControlledLab { $0.archive = archive }
        for lab in [lab, second] {
            await lab.lab.advance(by: .seconds(1))
            #expect(try await lab.aws(.get, "/gateways/\(id)/")["status"] == "READY")
            #expect(lab.lab.clock.unfinishedAlarms.isEmpty)
        }
    }

    /// As `serve` moves it: to the host's time, and what was added.
    @Test func timeFlowsOnFromASnapshotAfterARestart() async throws {
        let archive = Shelf()
        func served(_ host: Instant) throws -> ControlledLab {
            try ControlledLab { options in
                options.archive = archive
                options.addressing = .served(origins: LabFixture.served)
                options.start = host
            }
        }
        let start = LabOptions.firstMoment
        let first = try served(start)
        let id = try #require(try await first.json(.post, "/_local/snapshots")["id"]?.string)
        await first.lab.advance(to: start + .seconds(15))
        _ = try await first.json(.post, "/_local/snapshots/\(id)/restore")
        #expect(first.lab.clock.now == start)

        let second = try served(start + .seconds(20))
        #expect(second.lab.clock.now == start + .seconds(5))
        await second.lab.advance(to: start + .seconds(23) + second.lab.clock.offset)
        #expect(second.lab.clock.now == start + .seconds(8))
        _ = try await second.json(.post, "/_local/clock", ["advance": "1h"])

        // The host's time was set back by a day: the lab's neither goes back nor stands still.
        let third = try served(start - .seconds(86_400))
        #expect(third.lab.clock.now == start + .seconds(3_608))
        await third.lab.advance(to: start - .seconds(86_399) + third.lab.clock.offset)
        #expect(third.lab.clock.now == start + .seconds(3_609))
    }

    @Test func timeFlowsOnAfterADelay() async throws {
        let start = LabOptions.firstMoment
        let lab = try ControlledLab { options in
            options.addressing = .served(origins: LabFixture.served)
            options.start = start
        }
        let fault: JSONValue = [
            "name": "slow", "party": "github", "operation": "GET /user", "delay": "10m", "first": 1,
        ]
        _ = try await lab.json(.put, "/_local/faults", fault)
        _ = try await lab.lab.network.deliver(
            Request(.get, "http://127.0.0.1:4583/user"), to: .github, from: .outside)
        #expect(lab.lab.clock.now == start + .seconds(600))
        await lab.lab.advance(to: start + .seconds(4) + lab.lab.clock.offset)
        #expect(lab.lab.clock.now == start + .seconds(604))
    }

    /// An archive in memory.
    private final class Shelf: Archive {
        private struct Content {
            var records: [(key: String, record: any Record)] = []
            /// Records given out as rows; a row's body is the place here.
            var given: [any Record] = []
            var entries: [JournalEntry] = []
            var fails = false
            /// Rows given to it so far.
            var written = 0
            /// How many more steps it takes.
            var room = Int.max
        }
        private let content = Mutex(Content())

        /// From now on it cannot be replaced.
        func fails() { content.withLock { $0.fails = true } }

        var isEmpty: Bool { content.withLock { $0.records.isEmpty && $0.entries.isEmpty } }

        var written: Int { content.withLock { $0.written } }

        func makeRoom(for steps: Int) { content.withLock { $0.room = steps } }

        func sequence(beforeNewest bytes: Int) throws(StoreFailure) -> Int { 0 }
        func forgetJournal(through last: Int) throws(StoreFailure) {
            content.withLock { $0.entries.removeAll { $0.sequence <= last } }
        }

        func keep(_ changes: [Change], _ entries: ArraySlice<JournalEntry>) throws(StoreFailure) {
            try content.withLock { content throws(StoreFailure) in
                guard content.room > 0 else { throw StoreFailure("the disk is full") }
                content.room -= 1
                content.written += changes.count
                Self.keep(changes, entries, in: &content)
            }
        }

        private static func keep(
            _ changes: [Change], _ entries: ArraySlice<JournalEntry>, in content: inout Content
        ) {
            for change in changes {
                let key = "\(change.collection)/\(change.id)"
                let place = content.records.firstIndex { $0.key == key }
                switch (place, change.record) {
                case (let place?, let record?): content.records[place].record = record
                case (let place?, nil): content.records.remove(at: place)
                case (nil, let record?): content.records.append((key, record))
                case (nil, nil): break
                }
            }
            content.entries += entries
        }

        func records<R: Record>(_ type: R.Type) throws(StoreFailure) -> [R] {
            content.withLock { $0.records.compactMap { $0.record as? R } }
        }
        func lastSequence() throws(StoreFailure) -> Int { content.withLock { $0.entries.last?.sequence ?? 0 } }
        func journal(after first: Int, through last: Int) throws(StoreFailure) -> [JournalEntry] {
            content.withLock { $0.entries.filter { $0.sequence > first && $0.sequence <= last } }
        }

        func rows(outside collections: Set<String>) throws(StoreFailure) -> [ArchivedRow] {
            content.withLock { content in
                var rows: [ArchivedRow] = []
                for (key, record) in content.records {
                    let parts = key.split(separator: "/", maxSplits: 1).map(String.init)
                    guard !collections.contains(parts[0]) else { continue }
                    content.given.append(record)
                    rows.append(
                        ArchivedRow(collection: parts[0], id: parts[1], body: String(content.given.count - 1)))
                }
                return rows
            }
        }

        func replaceAll(
            by changes: [Change], _ rows: [ArchivedRow], keepingJournal last: Int, _ entries: ArraySlice<JournalEntry>
        ) throws(StoreFailure) {
            try content.withLock { content throws(StoreFailure) in
                if content.fails { throw StoreFailure("the disk is full") }
                content.records = rows.compactMap { row in
                    Int(row.body).map { ("\(row.collection)/\(row.id)", content.given[$0]) }
                }
                content.entries.removeAll { $0.sequence > last }
                Self.keep(changes, entries, in: &content)
            }
        }
    }
}
