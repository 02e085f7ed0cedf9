import Foundation
import Serve

/// One kept connection to a port of this machine: writes a request, reads one answer, and no more than measuring needs.
final class WireClient {
    private let socket: Int32
    private let port: Int
    private var buffer: [UInt8] = []

    struct Answer {
        let status: Int
        let head: String
        let body: ArraySlice<UInt8>

        func field(_ name: String) -> String? {
            let line = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("\(name):") }
            return line.map { $0.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces) }
        }
    }

    init(port: Int) throws {
        self.port = port
        socket = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else {
            close(socket)
            throw BenchFailure("nobody listens on port \(port)")
        }
        Probe.limit(socket, seconds: 20)
        var now: Int32 = 1
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &now, socklen_t(MemoryLayout<Int32>.size))
    }

    deinit { close(socket) }

    /// Asks, and reads the whole answer.
    func call(_ method: String, _ path: String, _ fields: [String], _ body: String = "") throws -> Answer {
        try write(method, path, fields, body)
        return try read(wholeBody: true)
    }

    /// Asks for a stream, and reads its head.
    func open(_ path: String, _ fields: [String]) throws -> Answer {
        try write("GET", path, fields, "")
        return try read(wholeBody: false)
    }

    private func write(_ method: String, _ path: String, _ fields: [String], _ body: String) throws {
        let lines = ["\(method) \(path) HTTP/1.1", "Host: 127.0.0.1:\(port)"] + fields
        let text = (lines + ["Content-Length: \(body.utf8.count)", "", body]).joined(separator: "\r\n")
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { throw BenchFailure("port \(port) closed the connection") }
            rest = rest.dropFirst(count)
        }
    }

    /// Reads an open stream until a line of it begins so.
    func await(_ beginning: String) throws {
        buffer.removeAll(keepingCapacity: true)
        while buffer.firstRange(of: Array("\n\(beginning)".utf8)) == nil { try more() }
    }

    private static let blank = Array("\r\n\r\n".utf8)

    private func read(wholeBody: Bool) throws -> Answer {
        buffer.removeAll(keepingCapacity: true)
        var end: Int?
        while end == nil {
            try more()
            end = buffer.firstRange(of: Self.blank)?.upperBound
        }
        let start = end ?? 0
        let head = String(decoding: buffer[..<start], as: UTF8.self)
        let status = head.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        let bare = Answer(status: status, head: head, body: [])
        guard wholeBody else { return bare }
        if let length = bare.field("content-length").flatMap({ Int($0) }) {
            while buffer.count < start + length { try more() }
        } else if bare.field("transfer-encoding") != nil {
            // The last chunk: none of the answers measured here holds these bytes itself.
            while !buffer[start...].ends(with: Array("0\r\n\r\n".utf8)) { try more() }
        }
        return Answer(status: status, head: head, body: buffer[start...])
    }

    private func more() throws {
        var chunk: [UInt8] = Array(repeating: 0, count: 65_536)
        let count = recv(socket, &chunk, chunk.count, 0)
        guard count > 0 else { throw BenchFailure("port \(port) did not answer in time") }
        buffer += chunk[..<count]
    }
}

extension ArraySlice<UInt8> {
    fileprivate func ends(with tail: [UInt8]) -> Bool { suffix(tail.count).elementsEqual(tail) }
}
