/// A name of one kind of thing: a client id is not a user id, and the compiler knows it.
package struct Identifier<Tag>: RawRepresentable, Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }
    package init(_ text: String) { rawValue = text }
    package var description: String { rawValue }
    package static func == (left: Self, right: Self) -> Bool { areSame(left.rawValue, right.rawValue) }
    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    package init(from decoder: any Decoder) throws {
        rawValue = try decoder.singleValueContainer().decode(String.self)
    }
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}

/// A text that must not be printed: it shows itself as dots wherever it is interpolated.
package struct Secret: Hashable, Sendable, Codable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// The text itself; call it only where it goes on the wire or into the store.
    package let exposed: String
    package init(_ text: String) { exposed = text }
    package static func == (left: Self, right: Self) -> Bool { areSame(left.exposed, right.exposed) }
    package var description: String { "••••" }
    package var debugDescription: String { "••••" }
    package var customMirror: Mirror { Mirror(self, children: []) }
    package init(from decoder: any Decoder) throws { exposed = try decoder.singleValueContainer().decode(String.self) }
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(exposed)
    }
}
