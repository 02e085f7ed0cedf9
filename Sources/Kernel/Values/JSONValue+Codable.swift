extension JSONValue: Codable {
    /// Under which the text of a value stands.
    private static let textName = Name(stringValue: "$json")

    package init(from decoder: any Decoder) throws {
        if let container = try? decoder.container(keyedBy: Name.self) {
            if let text = try? container.decode(String.self, forKey: Self.textName), container.allKeys.count == 1 {
                self = try Self.parsed(text, decoder)
                return
            }
            // Data files of before 2026-11-22 have objects as such.
            // A coder gives keys in no fixed order; a fixed one keeps two runs alike.
            let names = container.allKeys.sorted { $0.stringValue < $1.stringValue }
            self = .object(
                JSONObject(try names.map { .init($0.stringValue, try container.decode(JSONValue.self, forKey: $0)) }))
        } else if var container = try? decoder.unkeyedContainer() {
            var items: [JSONValue] = []
            while !container.isAtEnd { items.append(try container.decode(JSONValue.self)) }
            self = .array(items)
        } else {
            self = try Self.scalar(decoder.singleValueContainer())
        }
    }

    private static func scalar(_ container: any SingleValueDecodingContainer) throws -> JSONValue {
        if container.decodeNil() { return .null }
        if let flag = try? container.decode(Bool.self) { return .bool(flag) }
        if let number = try? container.decode(Int64.self) { return .int(number) }
        if let number = try? container.decode(Double.self) { return .double(number) }
        return .string(try container.decode(String.self))
    }

    private static func parsed(_ text: String, _ decoder: any Decoder) throws -> JSONValue {
        do throws(JSONFailure) {
            return try JSONValue(parsing: text)
        } catch {
            let context = DecodingError.Context(codingPath: decoder.codingPath, debugDescription: error.description)
            throw DecodingError.dataCorrupted(context)
        }
    }

    /// As its own text wherever a coder would change it: a coder sorts members and writes `3.0` as `3`.
    package func encode(to encoder: any Encoder) throws {
        switch self {
        case .object, .array, .double:
            var container = encoder.container(keyedBy: Name.self)
            try container.encode(text, forKey: Self.textName)
        case .null, .bool, .int, .string:
            var container = encoder.singleValueContainer()
            try encodeScalar(into: &container)
        }
    }

    private func encodeScalar(into container: inout any SingleValueEncodingContainer) throws {
        switch self {
        case .bool(let flag): try container.encode(flag)
        case .int(let number): try container.encode(number)
        case .string(let text): try container.encode(text)
        case .null, .double, .array, .object: try container.encodeNil()
        }
    }

    private struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}

extension JSONObject: Codable {
    package init(from decoder: any Decoder) throws {
        guard case .object(let object) = try JSONValue(from: decoder) else {
            throw DecodingError.typeMismatch(
                JSONObject.self, .init(codingPath: decoder.codingPath, debugDescription: "a JSON object expected"))
        }
        self = object
    }

    package func encode(to encoder: any Encoder) throws { try JSONValue.object(self).encode(to: encoder) }
}
