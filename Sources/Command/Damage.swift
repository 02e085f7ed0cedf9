import Kernel

/// What turned out to be unreadable in a data file while its lab was served.
struct Damage: Sendable {
    private let found = AsyncStream<StoreFailure>.makeStream()

    func report(_ failure: StoreFailure) { found.continuation.yield(failure) }

    /// Runs `work` to its end, or until there is damage: half a lab would fail again and again, and say so to nobody.
    ///
    /// - Throws: `StoreFailure` for damage; what `work` throws.
    func endsEarly(_ work: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await work() }
            tasks.addTask { for await failure in found.stream { throw failure } }
            defer { tasks.cancelAll() }
            try await tasks.next()
        }
    }
}
