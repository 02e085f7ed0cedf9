import Harness

/// Median of fifteen samples after a warm-up; each sample runs the work often enough to outlast the clock's grain.
enum Measure {
    static let samples = 15

    /// Microseconds per round. `work` is told which round it is, counted from 0 without repetition.
    static func microseconds(rounds: Int, _ work: (Int) async throws -> Void) async throws -> Double {
        let clock = ContinuousClock()
        var round = 0
        var times: [Double] = []
        // The first sample warms up and is thrown away.
        for _ in 0...samples {
            let start = clock.now
            for _ in 0..<rounds {
                try await work(round)
                round += 1
            }
            times.append(microseconds(clock.now - start) / Double(rounds))
        }
        return median(Array(times.dropFirst()))
    }

    /// The same for runs that one thread plays by turns, as `run` does it.
    static func microseconds(
        abreast rounds: Int, _ work: @escaping @Sendable (Int) async throws -> Void
    ) async throws -> Double {
        let clock = ContinuousClock()
        var times: [Double] = []
        for sample in 0...samples {
            let start = clock.now
            try await Lanes(1).work(rounds) {
                try await work(sample * rounds + $0)
            } onEach: { _, _ in
                true
            }
            times.append(microseconds(clock.now - start) / Double(rounds))
        }
        return median(Array(times.dropFirst()))
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
