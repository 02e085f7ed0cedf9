import Synchronization

/// The body of a message: bytes, or a value that is written out when somebody asks for its bytes.
///
/// Most messages of a lab are JSON from one party to another of the same process, which takes the value as it is.
/// Nobody ever looks at their bytes.
package struct MessageBody: Hashable, Sendable {
    private enum Content: Sendable {
        case bytes([UInt8])
        case value(Unwritten)
    }
    private let content: Content

    package init(_ bytes: [UInt8]) { content = .bytes(bytes) }
    package init(json: JSONValue) { content = .value(Unwritten(json)) }

    package var bytes: [UInt8] {
        switch content {
        case .bytes(let bytes): bytes
        case .value(let unwritten): unwritten.bytes
        }
    }

    /// What the bytes are written from; nil where they came as bytes.
    package var value: JSONValue? {
        if case .value(let unwritten) = content { unwritten.value } else { nil }
    }

    /// No value is written as nothing.
    package var isEmpty: Bool {
        if case .bytes(let bytes) = content { bytes.isEmpty } else { false }
    }

    /// Whether there are more bytes than `limit`; written out only where it may be so.
    package func isLonger(than limit: Int) -> Bool {
        // Every letter can become an escape of six.
        if case .value(let unwritten) = content, let most = unwritten.value.length(of: 6), most <= limit {
            return false
        }
        return bytes.count > limit
    }

    /// Bytes that it takes in memory, about: a short value is not written out for this, and the number stays the same
    /// when it is.
    var size: Int {
        switch content {
        case .bytes(let bytes): bytes.count
        case .value(let unwritten): unwritten.size
        }
    }

    package static func == (left: MessageBody, right: MessageBody) -> Bool { left.bytes == right.bytes }
    package func hash(into hasher: inout Hasher) { hasher.combine(bytes) }
}

/// Written once, however many hold it.
private final class Unwritten: Sendable {
    let value: JSONValue
    private let known = Mutex<(bytes: [UInt8]?, size: Int?)>((nil, nil))

    init(_ value: JSONValue) { self.value = value }

    var bytes: [UInt8] { known.withLock { known in bytes(&known.bytes) } }

    var size: Int {
        known.withLock { known in
            if let size = known.size { return size }
            let size = value.length(of: 1) ?? bytes(&known.bytes).count
            known.size = size
            return size
        }
    }

    private func bytes(_ written: inout [UInt8]?) -> [UInt8] {
        if let written { return written }
        let bytes = value.bytes
        written = bytes
        return bytes
    }
}

extension JSONValue {
    /// Bytes of the value's text, were every byte of its names and texts written as so many; not less than in truth.
    /// nil for one of many parts, which is as soon written as walked.
    fileprivate func length(of letter: Int) -> Int? {
        var left = 256
        let length = length(of: letter, &left)
        return left < 0 ? nil : length
    }

    private func length(of letter: Int, _ left: inout Int) -> Int {
        left -= 1
        guard left >= 0 else { return 0 }
        switch self {
        case .null, .bool: return 5
        case .int, .double: return 32
        case .string(let text): return letter * text.utf8.count + 2
        case .array(let items):
            var length = 2
            for item in items where left >= 0 { length += item.length(of: letter, &left) + 1 }
            return length
        case .object(let object):
            var length = 2
            for member in object.members where left >= 0 {
                length += letter * member.name.utf8.count + member.value.length(of: letter, &left) + 4
            }
            return length
        }
    }
}
