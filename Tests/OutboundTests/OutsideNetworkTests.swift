import Foundation
import HTTPTypes
import Kernel
import NIOCore
import NIOHTTP1
import NIOPosix
import Outbound
import Testing

/// A server on this machine that answers by path: what it was asked, a redirect, too much, or nothing at all.
final class LocalServer: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart
    private var head: HTTPRequestHead?
    private var body = ByteBuffer()

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body(var part): body.writeBuffer(&part)
        case .end: answer(context)
        }
    }

    private func answer(_ context: ChannelHandlerContext) {
        guard let head else { return }
        switch head.uri {
        case "/stall": return
        case "/stall-within": sendHead(context)
        case "/endless":
            sendHead(context)
            sendEndlessly(context)
        case "/document": send(context, .ok, [], ByteBuffer(string: #"{"issuer":"here"}"#))
        case "/redirect": send(context, .found, [("Location", "http://169.254.169.254/")], ByteBuffer())
        case "/large": send(context, .ok, [], ByteBuffer(repeating: 65, count: 200_000))
        default:
            let token = head.headers.first(name: "authorization") ?? ""
            send(context, .created, [("X-Seen", "\(head.method) \(head.uri) \(token)")], body)
        }
    }

    private func sendHead(_ context: ChannelHandlerContext) {
        let fields = HTTPHeaders([("Transfer-Encoding", "chunked")])
        context.writeAndFlush(
            wrapOutboundOut(.head(.init(version: .http1_1, status: .ok, headers: fields))), promise: nil)
    }

    /// A megabyte and another one, until nobody listens: a hundred of them, or whatever the reader puts up with.
    private func sendEndlessly(_ context: ChannelHandlerContext, rest: Int = 100) {
        guard rest > 0, context.channel.isActive else { return }
        let part = ByteBuffer(repeating: 65, count: 1 << 20)
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(part)))).whenSuccess {
            let (handler, context) = bound.value
            handler.sendEndlessly(context, rest: rest - 1)
        }
    }

    private func send(
        _ context: ChannelHandlerContext, _ status: HTTPResponseStatus, _ headers: [(String, String)],
        _ body: ByteBuffer
    ) {
        var fields = HTTPHeaders(headers)
        fields.add(name: "Content-Length", value: "\(body.readableBytes)")
        context.write(wrapOutboundOut(.head(.init(version: .http1_1, status: status, headers: fields))), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
}

extension LocalServer {
    /// A server on a port of its own, and the way to it with small limits.
    static func serving(_ body: (String, OutsideNetwork) async throws -> Void) async throws {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(LocalServer())
                }
            }.bind(host: "127.0.0.1", port: 0).get()
        let origin = "http://127.0.0.1:\(channel.localAddress?.port ?? 0)"
        var limits = OutsideNetwork.Limits()
        limits.read = .seconds(2)
        limits.bytes = 100_000
        let network = OutsideNetwork(origins: [origin], limits: limits)
        do {
            try await body(origin, network)
        } catch {
            await network.shutdown()
            throw error
        }
        await network.shutdown()
        try await channel.close()
    }
}

@Suite(.timeLimit(.minutes(10))) struct OutsideNetworkTests {
    private func serving(_ body: (String, OutsideNetwork) async throws -> Void) async throws {
        try await LocalServer.serving(body)
    }

    private func failure(_ network: OutsideNetwork, _ url: String) async -> NetworkFailure.Reason? {
        do throws(NetworkFailure) {
            _ = try await network.send(Request(.get, url))
            return nil
        } catch {
            return error.reason
        }
    }

    @Test func whatIsAllowedIsReached() async throws {
        try await serving { origin, network in
            let response = try await network.send(
                Request(.post, origin + "/a?b=1", headers: [.authorization: "Bearer t"], body: Array("hello".utf8)))
            #expect(response.status == 201)
            #expect(response.header(fieldName("X-Seen")) == "POST /a?b=1 Bearer t")
            #expect(response.bodyText == "hello")
        }
    }

    @Test("Another port, scheme, host or a userinfo is not on the list, and nothing is sent")
    func nothingElseIs() async throws {
        try await serving { origin, network in
            let port = URLParts(origin)?.port ?? 0
            for url in [
                "http://127.0.0.1:\(port + 1)/", "https://127.0.0.1:\(port)/", "http://localhost:\(port)/",
                "http://example.com/", "http://169.254.169.254/latest/meta-data", "http://[::1]:\(port)/",
                "http://127.0.0.1.example.com:\(port)/",
            ] { #expect(await failure(network, url) == .unknownHost) }
        }
        let closed = OutsideNetwork(origins: ["127.0.0.1:9", "ftp://127.0.0.1", "http://u@127.0.0.1", ""])
        #expect(await failure(closed, "http://127.0.0.1/") == .unknownHost)
        await closed.shutdown()
    }

    @Test func limits() async throws {
        try await serving { origin, network in
            let redirect = try await network.send(Request(.get, origin + "/redirect"))
            #expect(redirect.status == 302)
            #expect(await failure(network, origin + "/stall") == .timedOut)
            // A body that begins and never goes on.
            #expect(await failure(network, origin + "/stall-within") == .timedOut)
            // How much may come is no question of patience, and a busy machine is slow.
            var limits = OutsideNetwork.Limits()
            limits.bytes = 100_000
            let patient = OutsideNetwork(origins: [origin], limits: limits)
            #expect(await failure(patient, origin + "/large") == .truncated)
            // A hundred megabytes without a length in front.
            #expect(await failure(patient, origin + "/endless") == .truncated)
            await patient.shutdown()
        }
    }

    @Test func aServerThatIsNotThere() async throws {
        let network = OutsideNetwork(origins: ["http://127.0.0.1:1"])
        #expect(await failure(network, "http://127.0.0.1:1/") == .unreachable)
        await network.shutdown()
    }
}
