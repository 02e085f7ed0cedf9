import Foundation
import Kernel
import Scenario

/// Data files as JSON, made once beside their YAML: a lab is there sooner by the time its parser takes. Each says the
/// hash of the YAML it was made of; where that is another one by now, the YAML counts.
package enum ReadyFiles {
    static func path(of yaml: String) -> String { "ready/\(yaml).json" }

    /// The JSON of a YAML file, if it was made of this very text.
    static func value(_ ready: Data?, of text: String) -> JSONValue? {
        guard let ready, let json = try? JSONValue(parsing: Array(ready)), json["of"]?.string == seal(text) else {
            return nil
        }
        return json["is"]
    }

    /// What the file beside a YAML file has to say.
    package static func text(for yaml: String) throws -> String {
        let json = try DocumentNode.parse(Source(name: "mocks", text: yaml)).json
        return "{\"of\":\"\(seal(yaml))\",\"is\":\(json.text)}\n"
    }

    private static func seal(_ text: String) -> String { String(hash64(text), radix: 16) }
}
