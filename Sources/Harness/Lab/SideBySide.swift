import Foundation
import Scenario
import Synchronization

/// Does two things at once, where there are cores for both, and waits for them.
///
/// - Throws: the mistake of the first before that of the second, whichever was found earlier.
func sideBySide<First: Sendable, Second: Sendable>(
    _ first: @Sendable () throws(Diagnostic) -> First, _ second: @Sendable () throws(Diagnostic) -> Second
) throws(Diagnostic) -> (First, Second) {
    let done = Mutex<(first: Result<First, Diagnostic>?, second: Result<Second, Diagnostic>?)>((nil, nil))
    // The calling thread does its share: nobody waits for a thread that there is not.
    DispatchQueue.concurrentPerform(iterations: 2) { place in
        if place == 0 {
            let result = Result(catching: first)
            done.withLock { $0.first = result }
        } else {
            let result = Result(catching: second)
            done.withLock { $0.second = result }
        }
    }
    guard case (let one?, let other?) = done.withLock({ $0 }) else { preconditionFailure("both are done") }
    return (try one.get(), try other.get())
}
