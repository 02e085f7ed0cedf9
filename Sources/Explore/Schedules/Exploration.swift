package import Harness
import Kernel

/// A schedule that broke an invariant, made as small as it goes.
package struct Finding: Sendable {
    package let seed: UInt64
    package let violation: Violation
    package let moves: [Move]
    /// A scenario file that fails where the invariant does not hold.
    package let scenario: String
}

/// What became of a range of seeds.
package struct ExplorationResult: Sendable {
    package var schedules = 0
    package var moves = 0
    package var exchanges = 0
    package var edges: Set<Edge> = []
    /// One for each invariant that did not hold, by the lowest seed.
    package var findings: [Finding] = []

    mutating func add(_ other: ExplorationResult) {
        schedules += other.schedules
        moves += other.moves
        exchanges += other.exchanges
        edges.formUnion(other.edges)
        for finding in other.findings {
            guard let place = findings.firstIndex(where: { $0.violation.invariant == finding.violation.invariant })
            else {
                findings.append(finding)
                continue
            }
            if finding.seed < findings[place].seed { findings[place] = finding }
        }
    }
}

/// Plays schedules of chance in one lab after the other: users, callbacks, polls, refreshes, changes of the target,
/// jumps of the clock and faults in any order. Same seeds, same findings, with any number of jobs.
package struct Exploration: Sendable {
    private let definition: LabDefinition
    private let options: LabOptions
    private let jobs: Int

    package init(_ definition: LabDefinition, _ options: LabOptions = LabOptions(), jobs: Int = 1) {
        self.definition = definition
        self.options = options
        self.jobs = max(1, jobs)
    }

    /// Every seed of the range; each decides its own schedule and which of the two methods it is played with.
    package func run(_ seeds: Range<UInt64>) async throws -> ExplorationResult {
        // Small parts, so that no job waits long for another.
        let size = max(1, min(250, UInt64(seeds.count) / UInt64(jobs)))
        var parts: [Range<UInt64>] = []
        var low = seeds.lowerBound
        while low < seeds.upperBound {
            let high = low + min(size, seeds.upperBound - low)
            parts.append(low..<high)
            low = high
        }
        var result = ExplorationResult()
        // A part is a schedule after the other; nothing in it takes turns.
        try await Lanes(jobs, abreast: 1).work(parts.count) { [parts] index in
            try await explore(parts[index])
        } onEach: { _, part in
            result.add(part)
        }
        // What was found is made small at the end, once for each invariant.
        var small: [Finding] = []
        for finding in result.findings.sorted(by: { $0.seed < $1.seed }) { small.append(try await shrunk(finding)) }
        result.findings = small
        return result
    }

    private func stages() async throws -> [Stage] {
        var stages: [Stage] = []
        for kind in Stage.Kind.allCases { stages.append(try await Stage(definition, options, kind)) }
        return stages
    }

    private func explore(_ seeds: Range<UInt64>) async throws -> ExplorationResult {
        let stages = try await stages()
        var result = ExplorationResult()
        for seed in seeds {
            let (moves, stage) = Self.schedule(seed, stages)
            var play = try Play(on: stage)
            let done = await play.perform(moves)
            result.schedules += 1
            result.moves += done
            result.exchanges += play.exchanges
            result.edges.formUnion(play.edges)
            for violation in play.violations
            where !result.findings.contains(where: { $0.violation.invariant == violation.invariant }) {
                result.findings.append(
                    Finding(seed: seed, violation: violation, moves: Array(moves.prefix(done)), scenario: ""))
            }
        }
        return result
    }

    /// What a seed does, and on which of the stages: one for each kind.
    package static func schedule(_ seed: UInt64, _ stages: [Stage]) -> ([Move], Stage) {
        var chance = Chance(seed: seed)
        let stage = stages[chance.below(stages.count)]
        var moves = Move.schedule(&chance)
        // Without its consent a target that waits for the administrator shows little; mostly it is given.
        if stage.kind.asksAdministrator, chance.below(4) > 0 {
            moves.insert(.consent(.approve), at: 0)
            moves.insert(.poll, at: 1)
        }
        return (moves, stage)
    }

    /// Leaves moves out, ever fewer at a time, as long as the same invariant does not hold.
    private func shrunk(_ finding: Finding) async throws -> Finding {
        let stages = try await stages()
        let stage = Self.schedule(finding.seed, stages).1
        func fails(_ moves: [Move]) async throws -> (Play, Violation, Int)? {
            var play = try Play(on: stage)
            let done = await play.perform(moves)
            guard let same = play.violations.first(where: { $0.invariant == finding.violation.invariant }) else {
                return nil
            }
            return (play, same, done)
        }
        guard var best = try await fails(finding.moves) else { return finding }
        var moves = Array(finding.moves.prefix(best.2))
        var size = moves.count / 2
        while size > 0 {
            var place = 0
            while place < moves.count {
                var fewer = moves
                fewer.removeSubrange(place..<min(place + size, moves.count))
                if let found = try await fails(fewer) {
                    best = found
                    moves = Array(fewer.prefix(found.2))
                } else {
                    place += size
                }
            }
            size /= 2
        }
        let violation = best.1
        let off = options.rulesOff.sorted()
        return Finding(
            seed: finding.seed, violation: violation, moves: moves,
            scenario: best.0.scenario(
                "Explored with seed \(finding.seed): \(violation.invariant.sentence)",
                about: "Found by chance and made small. What happened: \(violation.text).", in: definition.name,
                rulesOff: off))
    }
}
