import Kernel
import Testing

struct InstantTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (1_795_168_860_318, "2026-11-20T10:01:00.318Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (4_102_444_799_000, "2099-12-31T23:59:59Z"),
        ] as [(Int64, String)])
    func iso8601(_ row: (milliseconds: Int64, text: String)) {
        #expect(Instant(milliseconds: row.milliseconds).iso8601 == row.text)
    }

    @Test(arguments: [("500ms", 500), ("90s", 90_000), ("-90s", -90_000), ("11m", 660_000), ("2h", 7_200_000)])
    func readsSpans(_ row: (text: String, milliseconds: Int64)) {
        #expect(Span(row.text)?.milliseconds == row.milliseconds)
    }

    @Test(arguments: ["", "m", "11", "1.5h", "11 m", "9223372036854775807h", "99999999999d", "one s"])
    func refusesOtherSpans(_ text: String) { #expect(Span(text) == nil) }
}

struct VirtualClockTests {
    private func alarm(_ due: Int64, _ label: String) -> Alarm {
        Alarm(due: Instant(milliseconds: due), party: .aws, label: label)
    }

    @Test func alarmsRingInOrderOfDueTimeThenOfScheduling() {
        let clock = VirtualClock(now: Instant(milliseconds: 0))
        for (due, label) in [(30, "c"), (10, "a"), (20, "b"), (10, "a2")] as [(Int64, String)] {
            clock.schedule(alarm(due, label))
        }
        var rung: [String] = []
        while let next = clock.advance(towards: Instant(milliseconds: 25)) {
            rung.append("\(next.label)@\(clock.now.milliseconds)")
        }
        #expect(rung == ["a@10", "a2@10", "b@20"])
        #expect(clock.now == Instant(milliseconds: 25))
        #expect(clock.pendingAlarms.map(\.label) == ["c"])
    }

    @Test func neverRunsBackwards() {
        let clock = VirtualClock(now: Instant(milliseconds: 100))
        #expect(clock.advance(towards: Instant(milliseconds: 50)) == nil)
        #expect(clock.now == Instant(milliseconds: 100))
    }

    @Test func anOverdueAlarmRingsWithoutTurningTheClockBack() {
        let clock = VirtualClock(now: Instant(milliseconds: 100))
        clock.schedule(alarm(10, "late"))
        #expect(clock.advance(towards: Instant(milliseconds: 100))?.label == "late")
        #expect(clock.now == Instant(milliseconds: 100))
    }

    @Test func theHostsTimeComesInUpToTheNextAlarm() {
        let clock = VirtualClock(now: Instant(milliseconds: 100))
        clock.addOffset(Span(milliseconds: 1_000))
        #expect(clock.reaches(host: Instant(milliseconds: 105)))
        #expect(clock.now == Instant(milliseconds: 100))
        #expect(clock.advanceAsPromised() == nil)
        #expect(clock.now == Instant(milliseconds: 1_100))
        clock.schedule(alarm(1_120, "due"))
        #expect(clock.reaches(host: Instant(milliseconds: 110)))
        #expect(clock.now == Instant(milliseconds: 1_110))
        #expect(!clock.reaches(host: Instant(milliseconds: 130)))
        #expect(clock.now == Instant(milliseconds: 1_110))
        #expect(clock.advance(towardsHost: Instant(milliseconds: 130))?.label == "due")
        #expect(clock.advance(towardsHost: Instant(milliseconds: 130)) == nil)
        #expect(clock.now == Instant(milliseconds: 1_130))
    }

    @Test func theWayBackCountsFromTheHostsTime() {
        let clock = VirtualClock(now: Instant(milliseconds: 100))
        clock.addOffset(Span(milliseconds: 1_000))
        #expect(clock.advanceAsPromised() == nil)
        clock.restore(now: Instant(milliseconds: 40), alarms: [], skews: [:])
        #expect((clock.now, clock.offset) == (Instant(milliseconds: 40), Span(milliseconds: -60)))
        clock.addOffset(Span(milliseconds: 1_000))
        clock.restore(now: nil, alarms: [], skews: [:])
        #expect((clock.now, clock.offset) == (Instant(milliseconds: -900), .zero))
        // Time that was let pass before does not pass any more.
        #expect(clock.advanceAsPromised() == nil)
        #expect(clock.now == Instant(milliseconds: -900))
    }

    @Test func anAlarmIsUnfinishedUntilItWasDealtWith() throws {
        let clock = VirtualClock(now: Instant(milliseconds: 0))
        for label in ["a", "b"] { clock.schedule(alarm(10, label)) }
        let first = try #require(clock.advance(towards: Instant(milliseconds: 10)))
        #expect(clock.pendingAlarms.map(\.label) == ["b"])
        #expect(clock.unfinishedAlarms.map(\.alarm.label) == ["a", "b"])
        clock.dealt(with: first)
        #expect(clock.unfinishedAlarms.map(\.alarm.label) == ["b"])
    }

    @Test func skewMovesOnePartyOnly() {
        let clock = VirtualClock(now: Instant(milliseconds: 1000))
        clock.setSkew(.seconds(-90), of: .github)
        #expect(PartyClock(clock, for: .github).now == Instant(milliseconds: -89_000))
        #expect(PartyClock(clock, for: .aws).now == Instant(milliseconds: 1000))
        // A party sets an alarm by the clock it reads: ten seconds from its own now are ten seconds for everybody.
        let github = PartyClock(clock, for: .github)
        github.schedule(Alarm(due: github.now + .seconds(10), party: .github, label: "later"))
        #expect(clock.pendingAlarms.map(\.due) == [Instant(milliseconds: 11_000)])
    }
}

struct ChangeSignalTests {
    /// One who counted earlier may tell later: what he tells is known.
    @Test func whoComesLateTakesNothingBack() {
        let signal = ChangeSignal()
        signal.reach(7)
        let seen = signal.count
        signal.reach(6)
        signal.reach(7)
        #expect(signal.count == seen)
        signal.raise()
        signal.reach(8)
        #expect(signal.count == seen + 2)
    }
}

struct EntropyTests {
    @Test func sameSeedSameBytes() {
        let one = SeededEntropy(seed: 7)
        let other = SeededEntropy(seed: 7)
        #expect(one.bytes(33, for: "codes") == other.bytes(33, for: "codes"))
        #expect(one.bytes(33, for: "codes") != SeededEntropy(seed: 8).bytes(33, for: "codes"))
    }

    /// A golden value: it would change if the stream depended on the process, as `Hasher` does.
    @Test func theStreamIsFixed() {
        #expect(Hex.encode(SeededEntropy(seed: 1).bytes(8, for: "codes")) == "fc1b3b73e1428e08")
    }

    @Test func onePurposeDoesNotDisturbAnother() {
        let quiet = SeededEntropy(seed: 7)
        let busy = SeededEntropy(seed: 7)
        _ = busy.bytes(100, for: "nonces")
        #expect(quiet.bytes(16, for: "codes") == busy.bytes(16, for: "codes"))
    }

    @Test func positionsCanBePutBack() {
        let entropy = SeededEntropy(seed: 7)
        _ = entropy.uuid(for: "ids")
        let place = entropy.positions
        let next = entropy.uuid(for: "ids")
        entropy.restore(place)
        #expect(entropy.uuid(for: "ids") == next)
    }

    @Test func uuidHasVersionAndVariant() {
        let uuid = Array(SeededEntropy(seed: 7).uuid(for: "ids"))
        #expect(uuid.count == 36 && uuid[14] == "4" && "89ab".contains(uuid[19]))
    }
}
