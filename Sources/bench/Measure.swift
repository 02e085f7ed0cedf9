import Harness

/// Median of fifteen samples after a warm-up; each sample runs the work often enough to outlast the clock's grain.
enum Measure {
    static let samples = 15

    /// Microseconds per round. `work` is told which round it is, counted from 0 without repetition.
    static func microseconds(rounds: Int, _ work: (Int) async throws -> Void) async throws -> Double {
        let times = try await samples(of: rounds) { first in
            for round in first..<first + rounds { try await work(round) }
        }
        return median(times)
    }

    /// The same for runs that one thread plays by turns, as `run` does it. The fastest sample is what the work costs
    /// when nobody else wants the machine.
    static func microseconds(
        abreast rounds: Int, _ work: @escaping @Sendable (Int) async throws -> Void
    ) async throws -> (median: Double, fastest: Double) {
        let times = try await samples(of: rounds) { first in
            try await Lanes(1).work(rounds, { try await work(first + $0) }, onEach: { _, _ in })
        }
        return (median(times), times.min() ?? 0)
    }

    /// Does `work` once, all of it on one thread, whose allocations can be counted.
    static func onOneThread<Value: Sendable>(
        _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        var value: Value?
        try await Lanes(1, abreast: 1).work(1, { _ in try await work() }, onEach: { _, made in value = made })
        guard let value else { throw BenchFailure("nothing was done") }
        return value
    }

    /// Two kinds of work by turns, so that whatever else the machine does hits both: the median of the pairs' ratios,
    /// and the fastest round of each. Each pair warms up for the next; the first is thrown away.
    static func pairs(
        rounds: Int, _ less: (Int) async throws -> Void, _ more: (Int) async throws -> Void
    ) async throws -> (ratio: Double, less: Double, more: Double) {
        let clock = ContinuousClock()
        func time(_ first: Int, _ work: (Int) async throws -> Void) async throws -> Double {
            let start = clock.now
            for round in first..<first + rounds { try await work(round) }
            return max(microseconds(clock.now - start), 0.001) / Double(rounds)
        }
        var times: [(less: Double, more: Double)] = []
        for pair in 0...2 * samples {
            let large = try await time(pair * rounds, more)
            times.append((try await time(pair * rounds, less), large))
        }
        times.removeFirst()
        return (
            median(times.map { $0.more / $0.less }), times.map(\.less).min() ?? 0, times.map(\.more).min() ?? 0
        )
    }

    /// `lot` does as many rounds, from the number on that it is given.
    private static func samples(of rounds: Int, _ lot: (Int) async throws -> Void) async throws -> [Double] {
        let clock = ContinuousClock()
        var times: [Double] = []
        for sample in 0...samples {
            let start = clock.now
            try await lot(sample * rounds)
            times.append(microseconds(clock.now - start) / Double(rounds))
        }
        // The first sample warms up and is thrown away.
        return Array(times.dropFirst())
    }

    static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
    }

    static func microseconds(_ span: Duration) -> Double {
        let (seconds, attoseconds) = span.components
        return Double(seconds) * 1e6 + Double(attoseconds) / 1e12
    }
}
