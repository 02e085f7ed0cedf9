import HTTPTypes
import Harness
import Kernel

/// Messages as `/_local/journal` shows them: what of them nobody may read is the mask's to say.
extension SecretMask {
    func headers(_ fields: HTTPFields) -> JSONValue {
        var object = JSONObject()
        for field in fields {
            let name = field.name.canonicalName
            let value = self.field(field.name, field.value)
            object[name] = .string(object[name]?.string.map { "\($0), \(value)" } ?? value)
        }
        return .object(object)
    }

    /// A body as JSON where it is JSON, else as text; a page and anything that is no text only by its size.
    func shown(_ bytes: [UInt8], _ type: String?) -> JSONValue? {
        guard !bytes.isEmpty else { return nil }
        let type = type?.lowercased() ?? ""
        if type.hasPrefix(Form.mediaType) { return .string(body(bytes, mediaType: Form.mediaType)) }
        if let json = try? JSONValue(parsing: bytes) { return self.json(json) }
        guard !type.contains("html"), String(validating: bytes, as: UTF8.self) != nil else {
            return .string("(\(bytes.count) bytes)")
        }
        return .string(body(bytes, mediaType: type.hasPrefix("text/event-stream") ? "text/event-stream" : nil))
    }
}
