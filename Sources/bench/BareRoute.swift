import Foundation
import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import Serve

/// `bench bare PORT`: one route behind the server that `serve` stands on, in the same settings, from the same build,
/// and nothing else. What it costs is the least that any answer of ours can cost.
enum BareRoute {
    private static let answer = ByteBuffer(string: #"{"status":"ok","party":"nobody"}"#)

    static func serve(port: Int) async throws {
        // As many loops as `serve` has, and each answers its own connections.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: ServeLimits().loops)
        let channel = HTTP1Channel(responder: { request, writer, _ in try await respond(request, writer) })
        let server = Server(
            childChannelSetup: LoopChannel(channel, on: group),
            configuration: ServerConfiguration(address: .hostname("127.0.0.1", port: port)),
            onServerRunning: { _ in }, eventLoopGroup: group,
            logger: Logger(label: "bare") { _ in SwiftLogNoOpLogHandler() })
        try await withTaskExecutorPreference(LoopExecutor(group.next())) { try await server.run() }
    }

    @concurrent
    private static func respond(_ request: Request, _ writer: consuming ResponseWriter) async throws {
        for try await _ in request.body {}
        guard request.head.path == "/" else {
            return try await writer.writeResponse(HTTPResponse(status: .notFound))
        }
        let fields: HTTPFields = [
            .contentType: "application/json", .cacheControl: "no-store",
            .contentLength: String(answer.readableBytes),
        ]
        var body = try await writer.writeHead(HTTPResponse(status: .ok, headerFields: fields))
        try await body.write(answer)
        try await body.finish(nil)
    }
}
