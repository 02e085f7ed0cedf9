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
    private let configuration: HTTP1Channel.Configuration

    init(_ responder: OriginResponder, patience: TimeAmount) {
        self.responder = responder
        self.patience = patience
        configuration = .init(additionalChannelHandlers: [ConnectionEnd()], idleTimeout: patience)
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        protocolChannel(PartyConnection()).setup(channel: channel, logger: logger).flatMapThrowing {
            [patience] value in
            let pipeline = channel.pipeline.syncOperations
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try pipeline.addHandler(RequestGate(patience: patience), position: .after(decoder))
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
