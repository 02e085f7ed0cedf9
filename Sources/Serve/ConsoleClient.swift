import Foundation
package import Kernel

/// Calls the control API of a served lab over a plain socket: one request, one answer.
package enum ConsoleClient {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// - Throws: `Failure` when nobody answers, or no HTTP.
    package static func post(_ origin: String, _ path: String, _ body: JSONValue) throws -> (
        status: Int, body: JSONValue
    ) {
        try call("POST", origin, path, body.bytes)
    }

    /// - Throws: as `post`.
    package static func get(_ origin: String, _ path: String) throws -> (status: Int, body: JSONValue) {
        try call("GET", origin, path, [])
    }

    private static func call(
        _ method: String, _ origin: String, _ path: String, _ content: [UInt8]
    ) throws -> (status: Int, body: JSONValue) {
        guard let parts = URLParts(origin), parts.scheme == "http", let port = parts.effectivePort else {
            throw Failure(description: "\(origin) is no origin of a served lab: http://HOST:PORT expected")
        }
        guard let socket = Probe.connected(parts.host.filter { $0 != "[" && $0 != "]" }, port, patience: 120) else {
            throw Failure(description: "nobody answers at \(origin); is a lab served there?")
        }
        defer { close(socket) }
        let head = [
            "\(method) \(path) HTTP/1.1", "Host: \(parts.authority)", "Content-Type: application/json",
            "Content-Length: \(content.count)", "Connection: close", "", "",
        ].joined(separator: "\r\n")
        try write(Array(head.utf8) + content, to: socket)
        return try answer(read(socket), origin)
    }

    private static func write(_ bytes: [UInt8], to socket: Int32) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { throw Failure(description: "the lab closed the connection") }
            rest = rest.dropFirst(count)
        }
    }

    private static func read(_ socket: Int32) throws -> [UInt8] {
        var result: [UInt8] = []
        var buffer: [UInt8] = Array(repeating: 0, count: 65_536)
        while true {
            let count = recv(socket, &buffer, buffer.count, 0)
            guard count >= 0 else { throw Failure(description: "the lab did not answer in time") }
            if count == 0 { return result }
            result += buffer[..<count]
        }
    }

    private static func answer(_ bytes: [UInt8], _ origin: String) throws -> (status: Int, body: JSONValue) {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.range(of: "\r\n\r\n"), let line = text.pieces(by: "\r").first else {
            throw Failure(description: "\(origin) does not speak HTTP")
        }
        let words = line.pieces(by: " ")
        guard words.count > 1, let status = Int(words[1]),
            let json = try? JSONValue(parsing: Array(text[end.upperBound...].utf8))
        else { throw Failure(description: "\(origin) is no console of agentcore-local") }
        return (status, json)
    }
}
