import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import Synchronization

/// A connection to a party: HTTP/1.1 as Hummingbird speaks it, and HTTP/1.0 as its clients mean it.
struct PartyChannel: ServerChildChannel {
    typealias Value = HTTP1Channel.Value
    private let responder: OriginResponder
    private let configuration: HTTP1Channel.Configuration

    init(_ responder: OriginResponder, patience: TimeAmount) {
        self.responder = responder
        configuration = .init(additionalChannelHandlers: [ConnectionEnd()], idleTimeout: patience)
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        protocolChannel(PartyConnection()).setup(channel: channel, logger: logger).flatMapThrowing { value in
            let pipeline = channel.pipeline.syncOperations
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try pipeline.addHandler(RequestGate(), position: .after(decoder))
            return value
        }
    }

    func handle(value: Value, logger: Logger) async {
        await protocolChannel(PartyConnection()).handle(value: value, logger: logger)
    }

    private func protocolChannel(_ connection: PartyConnection) -> HTTP1Channel {
        HTTP1Channel(
            responder: { [responder] in try await responder.respond($0, $1, on: $2, connection) },
            configuration: configuration)
    }
}

/// Whether a connection has had its last answer.
final class PartyConnection: Sendable {
    private let over = Atomic(false)

    var isOver: Bool { over.load(ordering: .relaxed) }

    /// Reads no more requests: what is there already goes unanswered, and what comes is thrown away.
    func end(on channel: any Channel) async throws {
        over.store(true, ordering: .relaxed)
        try await channel.triggerUserOutboundEvent(RequestGate.Shut()).get()
    }
}

/// What requests come through, right behind the decoder.
///
/// A connection of HTTP/1.0 ends with its first answer (RFC 9112 section 9.3): the end is how such a client knows that
/// the answer is whole. Nobody behind this handler is told the version.
///
/// After an answer that says `Connection: close` nothing comes through (section 9.6). The connection is half closed
/// then, and read to its end for a while: closed at once, it would be reset under a client that still sends, and the
/// answer lost with it.
private final class RequestGate: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart

    struct Shut: Sendable {}
    /// How long a client may take to read its last answer and to stop sending.
    private static let farewell = TimeAmount.seconds(5)
    private var isShut = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isShut else { return }
        guard case .head(var head) = unwrapInboundIn(data), head.version == .http1_0 else {
            return context.fireChannelRead(data)
        }
        head.headers.replaceOrAdd(name: "connection", value: "close")
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        // Nobody behind asks for more any longer.
        if isShut { context.read() }
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
        context.fireUserInboundEventTriggered(event)
        // A server that stops waits for nobody's last bytes.
        if isShut, event is ChannelShouldQuiesceEvent { context.close(promise: nil) }
    }
}
