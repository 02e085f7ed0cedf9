// The way to servers of the user's own, outside the lab: real HTTP, but only to origins that a lab's file names. It
// knows no party and no protocol above HTTP, and no scenario run ever has it.

import AsyncHTTPClient
import HTTPTypes
package import Kernel
package import NIOCore
import NIOHTTP1

/// A network behind an allow-list. Nothing that is not on it is ever contacted.
package final class OutsideNetwork: Network {
    /// How far a server's answer is trusted.
    package struct Limits: Sendable {
        package var connect = TimeAmount.seconds(5)
        /// Without a byte for so long the answer has stalled.
        package var read = TimeAmount.seconds(10)
        /// For the whole of it.
        package var whole = TimeAmount.seconds(30)
        package var bytes = 10 << 20
        package init() {}
    }

    private let allowed: Set<String>
    private let limits: Limits
    private let client: HTTPClient

    /// Allows what stands in `origins`: scheme, host and port, such as `http://127.0.0.1:9000`; what is no origin
    /// allows nothing.
    package init(origins: [String], limits: Limits = Limits()) {
        allowed = Set(
            origins.compactMap { text in
                guard let parts = URLParts(text), ["http", "https"].contains(parts.scheme), parts.userInfo == nil else {
                    return nil
                }
                return parts.origin
            })
        self.limits = limits
        // No redirect is followed: it could lead anywhere, with the credential.
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout = .init(connect: limits.connect, read: limits.read)
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Ends every connection; nothing may be sent afterwards.
    package func shutdown() async { try? await client.shutdown() }

    package func send(_ request: Request) async throws(NetworkFailure) -> Response {
        let authority = request.head.authority ?? ""
        let url = "\(request.head.scheme ?? "https")://\(authority)\(request.head.path ?? "/")"
        guard let parts = URLParts(url), parts.userInfo == nil, allowed.contains(parts.origin) else {
            throw NetworkFailure(.unknownHost, host: authority)
        }
        var outgoing = HTTPClientRequest(url: url)
        outgoing.method = .init(rawValue: request.method.rawValue)
        for field in request.head.headerFields { outgoing.headers.add(name: field.name.rawName, value: field.value) }
        if !request.content.isEmpty { outgoing.body = .bytes(ByteBuffer(bytes: request.body)) }
        do {
            let answer = try await client.execute(outgoing, timeout: limits.whole)
            let body = try await answer.body.collect(upTo: limits.bytes)
            var headers = HTTPFields()
            for field in answer.headers {
                guard let name = HTTPField.Name(field.name) else { continue }
                headers.append(HTTPField(name: name, value: field.value))
            }
            return Response(Int(answer.status.code), headers: headers, body: Array(body.readableBytesView))
        } catch is NIOTooManyBytesError {
            throw NetworkFailure(.truncated, host: authority)
        } catch let error as HTTPClientError where Self.isTimeout(error) {
            throw NetworkFailure(.timedOut, host: authority)
        } catch {
            throw NetworkFailure(.unreachable, host: authority)
        }
    }

    private static func isTimeout(_ error: HTTPClientError) -> Bool {
        error == .readTimeout || error == .deadlineExceeded || error == .connectTimeout
    }
}
