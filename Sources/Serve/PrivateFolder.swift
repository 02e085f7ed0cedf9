import Foundation

/// A folder for a while, that nobody else on this machine can look into or has made before.
package enum PrivateFolder {
    /// The folder of that kind, new and empty, for its owner alone. Who asks for it removes it.
    ///
    /// - Throws: `ServeFailure` when there is no place for it.
    package static func make(_ kind: String) throws -> String {
        let base = NSTemporaryDirectory()
        var pattern = Array("\(base.hasSuffix("/") ? base : "\(base)/")agentcore-local-\(kind)-XXXXXX".utf8CString)
        guard mkdtemp(&pattern) != nil else {
            throw ServeFailure("\(base): no folder can be made there: \(String(cString: strerror(errno)))")
        }
        return String(decoding: pattern.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    package static func remove(_ folder: String) { try? FileManager.default.removeItem(atPath: folder) }
}
