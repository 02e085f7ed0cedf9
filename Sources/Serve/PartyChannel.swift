import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import Synchronization

/// A connection to a party: HTTP/1.1 as Hummingbird speaks it, and HTTP/1.0 as its clients mean it.
struct PartyChannel: ServerChildChannel {
    typealias Value = HTTP1Channel.Value
    private let responder: OriginResponder
    private let patience: TimeAmount

    init(_ responder: OriginResponder, patience: TimeAmount) {
        self.responder = responder
        self.patience = patience
    }

    /// Hummingbird's own, with a gate where it has a codec.
    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(ConnectionEnd())
            // A field of our types cannot say what it may not, and requests that wait are kept by the last handler.
            try pipeline.configureHTTPServerPipeline(
                withPipeliningAssistance: false, withErrorHandling: false, withOutboundHeaderValidation: false,
                withEncoderConfiguration: .init(), withDecoderLimitConfiguration: Self.decoderLimits)
            try pipeline.addHandler(RequestGate(patience: patience))
            try pipeline.addHandler(HTTPConnectionStateHandler(idleTimeout: Duration(patience), logger: logger))
            return try NIOAsyncChannel(
                wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
        }
    }

    func handle(value: Value, logger: Logger) async {
        let connection = PartyConnection()
        let answer: HTTPChannelHandler.Responder = { [responder] in
            try await responder.respond($0, $1, on: $2, connection)
        }
        await HTTP1Channel(responder: answer).handle(value: value, logger: logger)
    }

    private static let decoderLimits: NIOHTTPDecoderLimitConfiguration = {
        let limits = HTTP1Channel.Configuration.DecoderConfiguration()
        var configuration = NIOHTTPDecoderLimitConfiguration()
        configuration.maxHeaderFieldSize = limits.maxHeaderFieldSize
        configuration.maxHeaderListSize = limits.maxHeaderListSize
        configuration.maxHeaderFieldCount = limits.maxHeaderFieldCount
        return configuration
    }()
}

/// Whether a connection has had its last answer, and what it calls us.
final class PartyConnection: Sendable {
    private let over = Atomic(false)
    private let name = Mutex<String?>(nil)

    /// The last Host that its requests may have.
    var host: String? {
        get { name.withLock { $0 } }
        set { name.withLock { $0 = newValue } }
    }

    var isOver: Bool { over.load(ordering: .relaxed) }

    /// Reads no more requests: what is there already goes unanswered, and what comes is thrown away.
    func end(on channel: any Channel) async throws {
        over.store(true, ordering: .relaxed)
        try await channel.triggerUserOutboundEvent(RequestGate.Shut()).get()
    }
}
