package import Kernel

extension Store {
    /// Plays the same round again and again and tells which collections it made longer or shorter: with so many rounds
    /// behind it that whatever is kept of what is over is there, ten more are to change nothing.
    package func growth(
        after warmUp: Int = 120, _ round: (Int) async throws -> Void
    ) async rethrows -> [String] {
        for number in 0..<warmUp { try await round(number) }
        let before = recordCounts
        for number in warmUp..<(warmUp + 10) { try await round(number) }
        let after = recordCounts
        return Set(before.keys).union(after.keys).sorted().filter { before[$0] != after[$0] }
            .map { "\($0): \(before[$0] ?? 0) then \(after[$0] ?? 0)" }
    }
}
