import HTTPTypes
import Kernel

/// Finds known secrets in what parties send each other.
///
/// A text is cut into runs of the letters that tokens consist of, and each run is looked up: one pass over each message,
/// however many secrets there are.
package struct SecretScan: Sendable {
    private let names: [String: String]
    /// Values with other letters, to be searched for one by one.
    private let odd: [(value: String, name: String)]

    /// - Parameter secrets: value and name. Very short values are left out: they would be found everywhere.
    package init(_ secrets: [(value: String, name: String)]) {
        var names: [String: String] = [:]
        var odd: [(String, String)] = []
        for secret in secrets where secret.value.utf8.count >= 12 {
            if secret.value.utf8.allSatisfy(Self.isTokenByte) {
                if names[secret.value] == nil { names[secret.value] = secret.name }
            } else {
                odd.append((secret.value, secret.name))
            }
        }
        self.names = names
        self.odd = odd
    }

    package var isEmpty: Bool { names.isEmpty && odd.isEmpty }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }

    /// Names of the secrets in a text, in the order of their places. Percent-encoded text is searched decoded too.
    package func names(in text: String) -> [String] {
        var found: [String] = []
        visit(text) { run in
            if let name = names[String(run)] { found.append(name) }
        }
        if text.utf8.contains(UInt8(ascii: "%")) {
            visit(percentDecoded(text)) { run in
                if let name = names[String(run)] { found.append(name) }
            }
        }
        for secret in odd where text.contains(secret.value) { found.append(secret.name) }
        return found
    }

    private func visit(_ text: String, _ body: (Substring) -> Void) {
        let bytes = text.utf8
        var start = bytes.startIndex
        while start < bytes.endIndex {
            guard Self.isTokenByte(bytes[start]) else {
                start = bytes.index(after: start)
                continue
            }
            let end = bytes[start...].firstIndex { !Self.isTokenByte($0) } ?? bytes.endIndex
            var run = text[start..<end]
            // A full stop ends a sentence more often than a token.
            while run.utf8.last == UInt8(ascii: ".") { run = run.dropLast() }
            if run.utf8.count >= 12 { body(run) }
            start = end
        }
    }

    /// The text with each secret replaced by its name in angle brackets.
    package func masked(_ text: String) -> String {
        var result = ""
        result.reserveCapacity(text.utf8.count)
        var rest = text.startIndex
        visit(text) { run in
            guard let name = names[String(run)] else { return }
            result += text[rest..<run.startIndex]
            result += "<\(name)>"
            rest = run.endIndex
        }
        result += text[rest...]
        for secret in odd { result = result.replacing(secret.value, by: "<\(secret.name)>") }
        return result
    }
}

extension Exchange {
    /// Everything the receiver of the request saw.
    var requestText: String {
        Self.text(request.head.path ?? "", request.head.headerFields.map { ($0.name.rawName, $0.value) }, request.body)
    }

    /// Everything the sender of the request saw in the answer.
    var responseText: String {
        guard case .answered(let response) = outcome else { return "" }
        return Self.text("", response.head.headerFields.map { ($0.name.rawName, $0.value) }, response.body)
    }

    private static func text(_ line: String, _ fields: [(String, String)], _ body: [UInt8]) -> String {
        let headers = fields.map { "\($0.0): \($0.1)" }.joined(separator: "\n")
        return "\(line)\n\(headers)\n\n\(String(decoding: body, as: UTF8.self))"
    }
}
