package import HummingbirdCore
package import Logging
package import NIOCore

/// A connection whose requests are answered on the loop that moves its bytes: by itself a server answers all of them
/// where it was started.
package struct LoopChannel<Base: ServerChildChannel>: ServerChildChannel {
    private let base: Base
    private let executors: [ObjectIdentifier: LoopExecutor]

    /// - Parameters:
    ///   - base: what sets a connection up and deals with its requests.
    ///   - group: whose loops the connections are dealt out to.
    package init(_ base: Base, on group: any EventLoopGroup) {
        self.base = base
        executors = Dictionary(
            uniqueKeysWithValues: group.makeIterator().map { (ObjectIdentifier($0), LoopExecutor($0)) })
    }

    package func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
        base.setup(channel: channel, logger: logger)
    }

    package func handle(value: Base.Value, logger: Logger) async {
        await withTaskExecutorPreference(executors[ObjectIdentifier(value.channel.eventLoop)]) {
            await base.handle(value: value, logger: logger)
        }
    }
}
