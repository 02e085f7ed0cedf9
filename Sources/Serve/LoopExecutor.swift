package import NIOCore

/// Runs tasks on the event loop that moves their bytes.
///
/// On Swift's own pool every part of a request and every part of its answer would wake another thread. What takes a
/// core for long belongs there all the same (`globalConcurrentExecutor`): meanwhile the loop moves nobody's bytes.
package final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    package init(_ loop: any EventLoop) { self.loop = loop }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
