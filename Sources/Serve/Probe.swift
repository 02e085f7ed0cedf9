import Foundation

/// Asks a served port one question, over a plain socket: for `wait` and for measuring, where an HTTP client is too
/// much.
package enum Probe {
    /// Status code of `GET path`; nil when nobody answers within the patience, in seconds of real time.
    package static func status(
        of path: String, host: String = "127.0.0.1", port: Int, patience: Int = 2
    ) -> Int? {
        guard let socket = connected(host, port, patience: patience) else { return nil }
        defer { close(socket) }
        let question = Array("GET \(path) HTTP/1.1\r\nHost: \(host):\(port)\r\nConnection: close\r\n\r\n".utf8)
        guard send(socket, question, question.count, noSignal) == question.count else { return nil }
        var answer: [UInt8] = Array(repeating: 0, count: 64)
        let count = recv(socket, &answer, answer.count, 0)
        guard count > 12 else { return nil }
        let words = String(decoding: answer[..<count], as: UTF8.self).split(separator: " ", maxSplits: 2)
        guard words.count > 1, words[0].hasPrefix("HTTP/1.") else { return nil }
        return Int(words[1])
    }

    private static let noSignal = Int32(MSG_NOSIGNAL)

    /// No reading from a socket and no writing to it waits longer than this.
    package static func limit(_ socket: Int32, seconds: Int) {
        // A `timeval` (seconds, microseconds). Its initializer is there or not by the order in which the compiler
        // happens to read the headers.
        let patience = [seconds, 0]
        let size = socklen_t(MemoryLayout<Int>.stride * patience.count)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] { setsockopt(socket, SOL_SOCKET, option, patience, size) }
    }

    static func connected(_ host: String, _ port: Int, patience seconds: Int = 2) -> Int32? {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &found) == 0 else { return nil }
        defer { freeaddrinfo(found) }
        var next = found
        while let address = next?.pointee {
            let number = socket(address.ai_family, address.ai_socktype, address.ai_protocol)
            if number >= 0 {
                limit(number, seconds: seconds)
                if connect(number, address.ai_addr, address.ai_addrlen) == 0 { return number }
                close(number)
            }
            next = address.ai_next
        }
        return nil
    }
}
