import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// What requests come through, between the decoder and everybody who knows no version of HTTP, and their answers on
/// the way back.
///
/// - A connection of HTTP/1.0 ends with its first answer (RFC 9112 section 9.3): the end is how such a client knows
///   that the answer is whole. Nobody behind this handler is told the version.
/// - So does one whose client asks for another protocol: nobody here speaks one, and the decoder reads nothing more.
/// - After an answer that says `Connection: close` nothing comes through (section 9.6). The connection is half closed
///   then, and read to its end for a while: closed at once, it would be reset under a client that still sends, and the
///   answer lost with it.
/// - A request has to be there within a while of its beginning, however steadily it comes.
/// - A server that stops finishes the answers under way, to their last byte, and begins no others.
final class RequestGate: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    struct Shut: Sendable {}
    /// How long a client may take to read its last answer and to stop sending.
    private static let farewell = TimeAmount.seconds(5)
    private let patience: TimeAmount
    private var reader = HeadReader()
    private var isShut = false
    /// The server stops: what begins from now on is thrown away.
    private var isLeaving = false
    /// Whether the rest of a request is still to come.
    private var isWithin = false
    /// Whether the newest request is the last one of its connection: none comes through behind it.
    private var isLast = false
    /// The same request is of HTTP/1.0.
    private var isOfHTTP10 = false
    /// Requests that came through and have not been answered.
    private var underWay = 0
    private var deadline: Scheduled<Void>?

    init(patience: TimeAmount) { self.patience = patience }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isShut else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            guard !isLeaving, !isLast else { return }
            isWithin = true
            underWay += 1
            isOfHTTP10 = head.version == .http1_0
            isLast = isOfHTTP10 || !head.isKeepAlive || Self.asksForAnotherProtocol(head)
            do {
                context.fireChannelRead(wrapInboundOut(.head(try reader.read(isLast ? last(head) : head))))
            } catch {
                context.fireErrorCaught(error)
            }
        case .body(let bytes):
            // Some are of a request that did not come through.
            guard isWithin else { return }
            context.fireChannelRead(wrapInboundOut(.body(bytes)))
        case .end(let trailers):
            guard isWithin else { return }
            isWithin = false
            deadline?.cancel()
            deadline = nil
            context.fireChannelRead(wrapInboundOut(.end(trailers.map { HTTPFields($0, splitCookie: false) })))
        }
    }

    /// Where the decoder stops: it takes what follows for that protocol.
    private static func asksForAnotherProtocol(_ head: HTTPRequestHead) -> Bool {
        guard head.method != .CONNECT else { return true }
        return head.headers.contains(name: "upgrade")
            && head.headers[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }
    }

    /// With the one word that those behind understand for a connection that ends.
    private func last(_ head: HTTPRequestHead) -> HTTPRequestHead {
        var head = head
        head.headers.replaceOrAdd(name: "connection", value: "close")
        // RFC 9110 section 10.1.1: of such a client it means nothing.
        if isOfHTTP10 { head.headers.remove(name: "expect") }
        return head
    }

    /// RFC 9112 section 9.6: the client is told that no other answer comes.
    private func last(_ response: HTTPResponse) -> HTTPResponseHead {
        var head = HTTPResponseHead(response)
        head.headers.replaceOrAdd(name: "connection", value: "close")
        // Section 6.1: a client of HTTP/1.0 does not know chunks.
        if isOfHTTP10, !head.headers.contains(name: "content-length") { head.version = .http1_0 }
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
        // Behind the last answer there would be one more where the rest of its request is no HTTP.
        guard !isShut else {
            promise?.succeed()
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(let response):
            let isFarewell = isLast && underWay == 1 && response.status.code >= 200
            let head = isFarewell ? last(response) : HTTPResponseHead(response)
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body(let bytes): context.write(wrapOutboundOut(.body(.byteBuffer(bytes))), promise: promise)
        case .end(let trailers):
            let end = wrapOutboundOut(.end(trailers.map(HTTPHeaders.init)))
            // What was no request at all is answered too.
            underWay = max(0, underWay - 1)
            guard isLeaving, isDone else { return context.write(end, promise: promise) }
            let written = promise ?? context.eventLoop.makePromise()
            let channel = context.channel
            written.futureResult.whenComplete { _ in channel.close(promise: nil) }
            context.write(end, promise: written)
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
        if isShut || isDone { closeWhenSent(context) }
    }

    /// Whether no answer is under way. Nobody's last bytes are waited for: a request that is not whole has none, or had
    /// it early.
    private var isDone: Bool { underWay <= (isWithin ? 1 : 0) }

    private func closeWhenSent(_ context: ChannelHandlerContext) {
        let channel = context.channel
        let waiting = try? channel.syncOptions?.getOption(.bufferedWritableBytes)
        guard !isShut, let waiting, waiting > 0 else { return context.close(promise: nil) }
        let sent = context.eventLoop.makePromise(of: Void.self)
        sent.futureResult.whenComplete { _ in channel.close(promise: nil) }
        context.close(mode: .output, promise: sent)
    }
}
