import HTTPTypes

// How messages are kept: the body as the text it mostly is, else in base64. A list of its bytes, as data files of older
// versions have it, is read too.

extension Request {
    private enum CodingKeys: CodingKey { case head, body }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            head: RequestHead(try container.decode(HTTPRequest.self, forKey: .head)),
            body: try container.decode(KeptBody.self, forKey: .body).bytes)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(head.http, forKey: .head)
        try container.encode(KeptBody(bytes: body), forKey: .body)
    }
}

extension Response {
    private enum CodingKeys: CodingKey { case head, body }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let head = ResponseHead(try container.decode(HTTPResponse.self, forKey: .head))
        self.init(head.status, body: try container.decode(KeptBody.self, forKey: .body).bytes)
        self.head = head
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(head.http, forKey: .head)
        try container.encode(KeptBody(bytes: body), forKey: .body)
    }
}

private struct KeptBody: Codable {
    let bytes: [UInt8]
    private struct Coded: Codable { let base64: String }

    init(bytes: [UInt8]) { self.bytes = bytes }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            bytes = Array(text.utf8)
        } else if let coded = try? container.decode(Coded.self) {
            guard let decoded = Base64.decode(coded.base64) else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "a body that is no base64")
            }
            bytes = decoded
        } else {
            bytes = try container.decode([UInt8].self)
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let text = String(validating: bytes, as: UTF8.self) {
            try container.encode(text)
        } else {
            try container.encode(Coded(base64: Base64.encode(bytes)))
        }
    }
}
