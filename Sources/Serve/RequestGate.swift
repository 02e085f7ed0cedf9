import NIOCore
import NIOHTTP1

/// What requests come through, right behind the decoder, and their answers on the way back.
///
/// - A connection of HTTP/1.0 ends with its first answer (RFC 9112 section 9.3): the end is how such a client knows
///   that the answer is whole. Nobody behind this handler is told the version.
/// - After an answer that says `Connection: close` nothing comes through (section 9.6). The connection is half closed
///   then, and read to its end for a while: closed at once, it would be reset under a client that still sends, and the
///   answer lost with it.
/// - A request has to be there within a while of its beginning, however steadily it comes.
/// - A server that stops finishes the answers under way, to their last byte, and begins no others.
final class RequestGate: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    struct Shut: Sendable {}
    /// How long a client may take to read its last answer and to stop sending.
    private static let farewell = TimeAmount.seconds(5)
    private let patience: TimeAmount
    private var isShut = false
    /// The server stops: what begins from now on is thrown away.
    private var isLeaving = false
    /// Whether the rest of a request is still to come.
    private var isWithin = false
    private var isOfHTTP10 = false
    /// Requests that came through and have not been answered.
    private var underWay = 0
    private var deadline: Scheduled<Void>?

    init(patience: TimeAmount) { self.patience = patience }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isShut else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            guard !isLeaving else { return }
            isWithin = true
            underWay += 1
            isOfHTTP10 = head.version == .http1_0
            if let plain = plain(head) { return context.fireChannelRead(wrapInboundOut(.head(plain))) }
        case .body:
            // Of a request that did not come through.
            guard isWithin else { return }
        case .end:
            guard isWithin else { return }
            isWithin = false
            deadline?.cancel()
            deadline = nil
        }
        context.fireChannelRead(data)
    }

    /// With the one word that those behind understand for a connection that ends; nil for a head that can stay as it
    /// is.
    private func plain(_ head: HTTPRequestHead) -> HTTPRequestHead? {
        guard isOfHTTP10 || !head.isKeepAlive else { return nil }
        var head = head
        head.headers.replaceOrAdd(name: "connection", value: "close")
        // RFC 9110 section 10.1.1: of such a client it means nothing.
        if isOfHTTP10 { head.headers.remove(name: "expect") }
        return head
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        // Nobody behind asks for more any longer.
        if isShut { context.read() }
        guard isWithin, deadline == nil else { return }
        let channel = context.channel
        deadline = context.eventLoop.scheduleTask(in: patience) { channel.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        context.fireChannelInactive()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head) where isOfHTTP10 && !head.headers.contains(name: "content-length"):
            // RFC 9112 section 6.1: such a client does not know chunks.
            head.version = .http1_0
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .end:
            // What was no request at all is answered too.
            underWay = max(0, underWay - 1)
            guard isLeaving, underWay == 0 else { return context.write(data, promise: promise) }
            let written = promise ?? context.eventLoop.makePromise()
            let channel = context.channel
            written.futureResult.whenComplete { _ in channel.close(promise: nil) }
            context.write(data, promise: written)
        default: context.write(data, promise: promise)
        }
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard event is Shut else { return context.triggerUserOutboundEvent(event, promise: promise) }
        isShut = true
        // As if the client had said that it is done: then whoever answers is done too, and closes its side.
        context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        context.read()
        let channel = context.channel
        context.eventLoop.scheduleTask(in: Self.farewell) { channel.close(promise: nil) }
        promise?.succeed()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // Whoever is told of it behind here closes the connection over what waits to be sent.
        guard event is ChannelShouldQuiesceEvent else { return context.fireUserInboundEventTriggered(event) }
        isLeaving = true
        // Nor are anybody's last bytes waited for: a request that is not whole has no answer under way.
        guard isShut || underWay == (isWithin ? 1 : 0) else { return }
        closeWhenSent(context)
    }

    private func closeWhenSent(_ context: ChannelHandlerContext) {
        let channel = context.channel
        let waiting = try? channel.syncOptions?.getOption(.bufferedWritableBytes)
        guard !isShut, let waiting, waiting > 0 else { return context.close(promise: nil) }
        let sent = context.eventLoop.makePromise(of: Void.self)
        sent.futureResult.whenComplete { _ in channel.close(promise: nil) }
        context.close(mode: .output, promise: sent)
    }
}
