import AuthorizationServer
import Foundation
import Kernel
import OAuthCore
import TestSupport

/// Reads the files of `mocks/vendors` by the little of YAML that it uses: this target has no YAML library.
enum ProfileFile {
    static let json = read("github")
    static let rfc = read("oauth")

    /// Every vendor file there is.
    static let shelf: VendorShelf = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(Checkout.root)/mocks/vendors")) ?? []
        return VendorShelf(names.filter { $0.hasSuffix(".yaml") }.sorted().map { read(String($0.dropLast(5))) })
    }()

    private static func read(_ name: String) -> JSONValue {
        let text = try? String(contentsOfFile: "\(Checkout.root)/mocks/vendors/\(name).yaml", encoding: .utf8)
        var reader = PlainYAML(text ?? "")
        return reader.block(indent: 0)
    }

    /// Keys of a client that proves itself by signatures.
    static func signer() throws -> TokenSigner {
        try TokenSigner(keys: Checkout.keys("inbound-ed25519"))
    }

    static func profile(_ name: String? = nil) throws -> VendorProfile { try VendorProfile(json: json, profile: name) }

    /// The server by the RFCs, at the paths that this target's browser knows.
    static func strict(_ changes: JSONObject = [:]) throws -> VendorProfile {
        let paths: JSONValue = ["authorize": "/login/oauth/authorize", "token": "/login/oauth/access_token"]
        return try VendorProfile(
            json: rfc, profile: "strict", changes: .object(changes.merging(["endpoints": paths])))
    }
}

/// Block maps, block lists, flow maps and lists, plain and double-quoted scalars, comments.
private struct PlainYAML {
    private var lines: [(indent: Int, text: Substring)] = []
    private var place = 0

    init(_ text: String) {
        for line in text.split(separator: "\n") {
            let content = line.drop { $0 == " " }
            guard let first = content.first, first != "#" else { continue }
            let end = content.range(of: " #")?.lowerBound ?? content.endIndex
            var body = content[..<end]
            while body.last == " " { body.removeLast() }
            lines.append((line.count - content.count, body))
        }
    }

    mutating func block(indent: Int) -> JSONValue {
        var object = JSONObject()
        var items: [JSONValue] = []
        while place < lines.count, lines[place].indent == indent {
            if lines[place].text.hasPrefix("- ") {
                lines[place] = (indent + 2, lines[place].text.dropFirst(2))
                items.append(block(indent: indent + 2))
            } else {
                let (name, rest) = member(lines[place].text)
                place += 1
                object[name] = rest.isEmpty ? nested(below: indent) : inline(rest)
            }
        }
        return items.isEmpty ? .object(object) : .array(items)
    }

    private mutating func nested(below indent: Int) -> JSONValue {
        guard place < lines.count, lines[place].indent > indent else { return .null }
        return block(indent: lines[place].indent)
    }

    /// `name: rest`; a colon belongs to the name unless a blank or the end follows.
    private func member(_ text: Substring) -> (String, Substring) {
        if text.hasSuffix(":") { return (unquoted(text.dropLast()), "") }
        guard let colon = text.range(of: ": ") else { return (unquoted(text), "") }
        return (unquoted(text[..<colon.lowerBound]), text[colon.upperBound...].drop { $0 == " " })
    }

    private func inline(_ text: Substring) -> JSONValue {
        var rest = text
        return flow(&rest, within: false)
    }

    private func flow(_ rest: inout Substring, within: Bool) -> JSONValue {
        rest = rest.drop { $0 == " " }
        switch rest.first {
        case "{":
            var object = JSONObject()
            rest.removeFirst()
            while let first = rest.drop(while: { $0 == " " || $0 == "," }).first, first != "}" {
                rest = rest.drop { $0 == " " || $0 == "," }
                guard let colon = rest.range(of: ": ") else { break }
                let name = unquoted(rest[..<colon.lowerBound])
                rest = rest[colon.upperBound...]
                object[name] = flow(&rest, within: true)
            }
            rest = rest.drop { $0 != "}" }.dropFirst()
            return .object(object)
        case "[":
            var items: [JSONValue] = []
            rest.removeFirst()
            while let first = rest.drop(while: { $0 == " " || $0 == "," }).first, first != "]" {
                rest = rest.drop { $0 == " " || $0 == "," }
                items.append(flow(&rest, within: true))
            }
            rest = rest.drop { $0 != "]" }.dropFirst()
            return .array(items)
        case "\"":
            let body = rest.dropFirst().prefix { $0 != "\"" }
            rest = rest.dropFirst(body.count + 2)
            return .string(String(body))
        default:
            let word = within ? rest.prefix { !",}]".contains($0) } : rest
            rest = rest.dropFirst(word.count)
            return scalar(word)
        }
    }

    private func scalar(_ word: Substring) -> JSONValue {
        switch word {
        case "true": true
        case "false": false
        case "null": nil
        default: Int64(word).map { .int($0) } ?? .string(String(word))
        }
    }

    private func unquoted(_ text: Substring) -> String { text.filter { $0 != "\"" } }
}
