import HTTPTypes
import Kernel

/// Finds known secrets in what parties send each other.
///
/// A text is cut into runs of the letters that tokens consist of, and each run is looked up: one pass over each
/// message, however many secrets there are.
package struct SecretScan: Sendable {
    /// By `key(of:)`.
    private let names: [UInt64: [(value: String, name: String)]]
    /// Which lengths a secret may have (index), so that most runs are passed by without a look-up.
    private let lengths: [Bool]
    /// Length of the shortest of them.
    private let least: Int
    /// Bytes below which nothing can be found.
    private var shortestHit: Int { odd.isEmpty ? least : 1 }
    /// Values with other letters, to be searched for one by one.
    private let odd: [(value: String, name: String)]
    /// The same as bytes with what is shown in their place, the longest first. Masks are among them, which stay as they
    /// are: what is masked twice is as if it were masked once.
    private let hidden: [(value: [UInt8], shown: [UInt8])]
    /// Which bytes one of them begins with.
    private let begins: [Bool]
    /// Shorter values would be found everywhere.
    private static let shortest = 12

    /// `secrets` are values and what to call them; those that are `spoken` of in a file are found however short they
    /// are, and percent-encoded or inside JSON too.
    package init(_ secrets: [(value: String, name: String)], spoken: [(value: String, name: String)] = []) {
        var names: [UInt64: [(value: String, name: String)]] = [:]
        names.reserveCapacity(secrets.count)
        var lengths = [Bool](repeating: false, count: (secrets.map(\.value.utf8.count).max() ?? 0) + 1)
        var odd: [(value: String, name: String)] = []
        // What comes again and again is looked for once.
        var oddValues: Set<String> = []
        // What the file itself calls secret has that name, whatever else it is.
        let told = Set(spoken.map(\.value))
        for secret in secrets where secret.value.utf8.count >= Self.shortest && !told.contains(secret.value) {
            var value = secret.value
            let isToken = value.withUTF8(Self.isToken)
            if isToken {
                let key = value.withUTF8(Self.key)
                if names[key]?.contains(where: { $0.value == secret.value }) == true { continue }
                names[key, default: []].append(secret)
                lengths[secret.value.utf8.count] = true
            } else if oddValues.insert(secret.value).inserted {
                odd.append((secret.value, secret.name))
            }
        }
        for secret in spoken where !secret.value.isEmpty {
            for value in [secret.value] + Self.encodings(of: secret.value) where oddValues.insert(value).inserted {
                odd.append((value, secret.name))
            }
        }
        self.names = names
        // A longer one may contain a shorter one.
        self.odd = odd.enumerated().sorted {
            ($1.element.value.utf8.count, $0.offset) < ($0.element.value.utf8.count, $1.offset)
        }.map(\.element)
        var hidden = self.odd.map { (value: Array($0.value.utf8), shown: Array("<\($0.name)>".utf8)) }
        for name in Set(spoken.map(\.name)) { hidden.append((Array("<\(name)>".utf8), Array("<\(name)>".utf8))) }
        self.hidden = hidden.sorted { $0.value.count > $1.value.count }
        var begins = [Bool](repeating: false, count: 256)
        for secret in hidden { begins[Int(secret.value[0])] = true }
        self.begins = begins
        self.lengths = lengths
        least = lengths.firstIndex(of: true) ?? .max / 2
    }

    /// As it stands in a URL or a form, in JSON, and in JSON that is a text in JSON.
    private static func encodings(of value: String) -> [String] {
        func quoted(_ text: String) -> String { String(JSONValue.string(text).text.dropFirst().dropLast()) }
        let inner = quoted(value)
        return [percentEncoded(value, plus: true), percentEncoded(value, plus: false), inner, quoted(inner)]
    }

    package var isEmpty: Bool { names.isEmpty && odd.isEmpty }

    /// Letters, digits and `- . _ ~`, as a table: this is asked of every byte of a run.
    private static let tokenBytes: [Bool] = (0...UInt8.max).map(isUnreserved)

    private static func isToken(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let first = bytes.baseAddress else { return true }
        var place = 0
        while place + 16 <= bytes.count {
            guard areUnreserved(first + place) else { return false }
            place += 16
        }
        return bytes[place...].allSatisfy { tokenBytes[Int($0)] }
    }

    /// Names of the secrets in a text, in the order of their places, also where the text around them is
    /// percent-encoded, however often.
    package func names(in text: String) -> [String] {
        var found: [String] = []
        collect(text, &found)
        return found
    }

    func names(in bytes: [UInt8]) -> [String] {
        var found: [String] = []
        bytes.withUnsafeBufferPointer { collect($0, &found) }
        return found
    }

    /// What the receiver of the request saw.
    func names(inRequestOf exchange: Exchange) -> [String] {
        var found: [String] = []
        collect(exchange.request.head.path ?? "", &found)
        collect(exchange.request.head.headerFields, &found)
        exchange.request.body.withUnsafeBufferPointer { collect($0, &found) }
        return found
    }

    /// What the sender of the request saw in the answer.
    func names(inAnswerOf exchange: Exchange) -> [String] {
        guard case .answered(let response) = exchange.outcome else { return [] }
        var found: [String] = []
        collect(response.head.headerFields, &found)
        response.body.withUnsafeBufferPointer { collect($0, &found) }
        return found
    }

    private func collect(_ fields: HTTPFields, _ found: inout [String]) {
        // Most are too short to have a secret in them.
        for field in fields where field.value.utf8.count >= shortestHit { collect(field.value, &found) }
    }

    private func collect(_ text: String, _ found: inout [String]) {
        var text = text
        text.withUTF8 { collect($0, &found) }
    }

    private func collect(_ bytes: UnsafeBufferPointer<UInt8>, _ found: inout [String]) {
        guard !isEmpty else { return }
        visit(bytes) { _, name in found.append(name) }
        if Self.hasNeedlessEscape(bytes) {
            percentDecoded(bytes).withUnsafeBufferPointer { visit($0) { _, name in found.append(name) } }
        }
        guard !odd.isEmpty else { return }
        let text = String(decoding: bytes, as: UTF8.self)
        for secret in odd where text.contains(secret.value) { found.append(secret.name) }
    }

    /// Whether a letter of a token is percent-encoded somewhere, which nobody has to do.
    private static func hasNeedlessEscape(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var start = 0
        while let sign = Kernel.place(of: UInt8(ascii: "%"), in: bytes, from: start) {
            start = sign + 1
            guard sign + 2 < bytes.count, let high = nibble(bytes[sign + 1]), let low = nibble(bytes[sign + 2])
            else { continue }
            if tokenBytes[Int(high << 4 | low)] { return true }
        }
        return false
    }

    /// Where a token can begin after a byte that is in none. The digits of an escape are none of it: in `%3Dabc`, and
    /// encoded once more in `%253Dabc`, it begins at the `a`.
    private static func begin(after gap: Int, _ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        var next = gap + 1
        guard bytes[gap] == UInt8(ascii: "%") else { return next }
        while next + 1 < bytes.count, let high = nibble(bytes[next]), let low = nibble(bytes[next + 1]) {
            next += 2
            guard high << 4 | low == UInt8(ascii: "%") else { break }
        }
        return next
    }

    /// Each known secret with its place.
    private func visit(_ bytes: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>, String) -> Void) {
        guard let first = bytes.baseAddress, least <= bytes.count else { return }
        Self.tokenBytes.withUnsafeBufferPointer { isToken in
            var start = 0
            while start + least <= bytes.count {
                // Most runs are too short: looked at from where the shortest secret would end, they are jumped over.
                var gap = start + least - 1
                while gap >= start, isToken[Int(bytes[gap])] { gap -= 1 }
                guard gap < start else {
                    start = Self.begin(after: gap, bytes)
                    continue
                }
                var end = start + least
                while end + 16 <= bytes.count, areUnreserved(first + end) { end += 16 }
                while end < bytes.count, isToken[Int(bytes[end])] { end += 1 }
                var last = end
                // A full stop ends a sentence more often than a token.
                while last > start, bytes[last - 1] == UInt8(ascii: ".") { last -= 1 }
                let length = last - start
                if length < lengths.count, lengths[length],
                    let name = name(of: UnsafeBufferPointer(rebasing: bytes[start..<last]))
                {
                    body(start..<last, name)
                }
                // What stands there begins no token, but perhaps an escape.
                start = end
            }
        }
    }

    /// Length, beginning and end: enough to pass by what is no secret without reading it. At least eight bytes.
    private static func key(of bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
        let raw = UnsafeRawBufferPointer(bytes)
        let first = raw.loadUnaligned(as: UInt64.self)
        let last = raw.loadUnaligned(fromByteOffset: bytes.count - 8, as: UInt64.self)
        return first ^ (last &* 0x9E37_79B9_7F4A_7C15) ^ UInt64(bytes.count)
    }

    private func name(of bytes: UnsafeBufferPointer<UInt8>) -> String? {
        guard let alike = names[Self.key(of: bytes)] else { return nil }
        for known in alike where known.value.utf8.count == bytes.count {
            var value = known.value
            if value.withUTF8({ areSame($0, bytes) }) { return known.name }
        }
        return nil
    }

    /// The text with each secret replaced by its name in angle brackets. Where one stands percent-encoded though it
    /// need not be, the whole text is told decoded.
    package func masked(_ text: String) -> String {
        let bytes = Array(text.utf8)
        if let plain = bytes.withUnsafeBufferPointer({ Self.hasNeedlessEscape($0) ? percentDecoded($0) : nil }),
            count(in: plain) > count(in: bytes)
        {
            return masked(String(decoding: plain, as: UTF8.self))
        }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var rest = 0
        bytes.withUnsafeBufferPointer { buffer in
            visit(buffer) { place, name in
                hide(in: bytes[rest..<place.lowerBound], &result)
                result += "<\(name)>".utf8
                rest = place.upperBound
            }
        }
        hide(in: bytes[rest...], &result)
        return String(decoding: result, as: UTF8.self)
    }

    /// From the left and once, so that no mask is ever masked again. Of secrets that overlap all is hidden.
    private func hide(in bytes: ArraySlice<UInt8>, _ result: inout [UInt8]) {
        guard !hidden.isEmpty else {
            result += bytes
            return
        }
        func hit(_ place: Int) -> (value: [UInt8], shown: [UInt8])? {
            begins[Int(bytes[place])] ? hidden.first { bytes[place...].starts(with: $0.value) } : nil
        }
        var (rest, place) = (bytes.startIndex, bytes.startIndex)
        while place < bytes.endIndex {
            guard let found = hit(place) else {
                place += 1
                continue
            }
            result += bytes[rest..<place]
            result += found.shown
            var end = place + found.value.count
            place += 1
            while place < end {
                if let next = hit(place) { end = max(end, place + next.value.count) }
                place += 1
            }
            rest = end
        }
        result += bytes[rest...]
    }

    private func count(in bytes: [UInt8]) -> Int {
        var count = 0
        bytes.withUnsafeBufferPointer { visit($0) { _, _ in count += 1 } }
        return count
    }
}
