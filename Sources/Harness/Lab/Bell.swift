import Kernel

/// Lets alarms ring one after another, on whichever thread they are found due: who has moved the time goes on when all
/// that was due is dealt with, whoever began with it. A handler that waits for somebody outside holds up nobody.
actor Bell {
    /// - Parameters:
    ///   - next: takes the next alarm that is due; nil when there is none.
    ///   - deal: hands it to its party; it runs here, so that nobody else's begins before it waits for something.
    func ring(_ next: @Sendable () -> Alarm?, _ deal: @Sendable (Alarm) async -> Void) async {
        while let alarm = next() { await deal(alarm) }
    }
}
