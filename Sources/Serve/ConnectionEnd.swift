import NIOCore

/// Notices that a client ended its connection while it is still being written to: without it a stream would only find
/// out at its next event.
final class ConnectionEnd: ChannelInboundHandler {
    /// What is read passes by unseen.
    typealias InboundIn = Never
    private var ended: EventLoopPromise<Void>?

    func handlerAdded(context: ChannelHandlerContext) { ended = context.eventLoop.makePromise() }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent { ended?.succeed() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        ended?.succeed()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { ended?.succeed() }

    /// Calls `body` once the client of this connection is gone, at once if it is gone already.
    static func whenEnded(_ channel: any Channel, _ body: @escaping @Sendable () -> Void) {
        channel.eventLoop.execute {
            let handler = try? channel.pipeline.syncOperations.handler(type: ConnectionEnd.self)
            guard let ended = handler?.ended else { return body() }
            ended.futureResult.whenComplete { _ in body() }
        }
    }
}
