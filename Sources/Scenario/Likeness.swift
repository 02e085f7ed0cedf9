package import Kernel

/// Compares values by their structure where what changes from seed to seed is masked by its kind: `<uuid>`, `<time>`,
/// `<jwt>`, `<token>`, `<id>`, `<text>`. `<any>` stands for anything.
package enum Likeness {
    /// How many differences are told.
    private static let most = 8

    /// Equal with JSON types: `1` is `1.0` and is not `"1"`.
    package static func same(_ left: JSONValue, _ right: JSONValue) -> Bool {
        switch (left, right) {
        // Exactly: as a floating number a whole one beyond 2^53 may be its neighbour.
        case (.int(let whole), .double(let number)), (.double(let number), .int(let whole)):
            Int64(exactly: number) == whole
        case (.array(let one), .array(let two)): one.count == two.count && zip(one, two).allSatisfy { same($0, $1) }
        case (.object(let one), .object(let two)):
            one.count == two.count
                && one.members.allSatisfy { member in two[member.name].map { same(member.value, $0) } ?? false }
        default: left == right
        }
    }

    /// Where two values differ: `items[0].status: "READY", not "CREATING"`.
    package static func differences(_ expected: JSONValue, _ actual: JSONValue) -> [String] {
        var found: [String] = []
        compare(expected, actual, "", &found)
        return found.count <= most ? found : found.prefix(most) + ["and \(found.count - most) more"]
    }

    private static func compare(_ expected: JSONValue, _ actual: JSONValue, _ path: String, _ found: inout [String]) {
        if expected == "<any>" { return }
        let place = path.isEmpty ? "it" : path
        switch (expected, actual) {
        case (.object(let one), .object(let two)):
            for member in one.members {
                let inner = path.isEmpty ? member.name : "\(path).\(member.name)"
                if let value = two[member.name] {
                    compare(member.value, value, inner, &found)
                } else {
                    found.append("\(inner): \(member.value.text), not there")
                }
            }
            for member in two.members where one[member.name] == nil {
                let inner = path.isEmpty ? member.name : "\(path).\(member.name)"
                found.append("\(inner): not expected, is \(member.value.text)")
            }
        case (.array(let one), .array(let two)):
            for (index, pair) in zip(one, two).enumerated() {
                compare(pair.0, pair.1, "\(path)[\(index)]", &found)
            }
            if one.count != two.count { found.append("\(place): \(one.count) items, not \(two.count)") }
        default:
            if !same(masked(expected), masked(actual)) {
                found.append("\(place): \(expected.text), not \(actual.text)")
            }
        }
    }

    /// A value with what is unstable in its texts masked.
    package static func masked(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text): .string(masked(text))
        case .array(let items): .array(items.map { masked($0) })
        case .object(let object):
            .object(JSONObject(object.members.map { .init(masked($0.name), masked($0.value)) }))
        // Seconds since 1970, of this century.
        case .int(let number) where (1_500_000_000..<5_000_000_000).contains(number): "<time>"
        case .double(let number) where (1_500_000_000..<5_000_000_000).contains(number): "<time>"
        default: value
        }
    }

    /// A text with each unstable run of letters replaced by its kind.
    package static func masked(_ text: String) -> String { masked(text) { kind, _ in "<\(kind)>" } }

    /// The same with a name of the caller's choice for each. `known` are values of known kinds,
    /// whatever they look like.
    package static func masked(
        _ text: String, known: [String: String] = [:], _ name: (_ kind: String, _ value: String) -> String
    ) -> String {
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var start = 0
        // The name of a secret ends in six letters of AWS's choice.
        var isSecretName = false
        while start < bytes.count {
            guard isRun(bytes[start]) else {
                if bytes[start] == UInt8(ascii: "\"") || bytes[start] == UInt8(ascii: " ") { isSecretName = false }
                result.append(bytes[start])
                start += 1
                continue
            }
            var end = start + 1
            while end < bytes.count, isRun(bytes[end]) { end += 1 }
            // `%3A` in front of a run is no part of it: encoded or not, an id is the same.
            if start > 0, bytes[start - 1] == UInt8(ascii: "%"), end - start > 2,
                bytes[start..<(start + 2)].allSatisfy({ isHex($0 | 0x20) })
            {
                result += bytes[start..<(start + 2)]
                start += 2
            }
            let run = bytes[start..<end]
            if isSecretName, let dash = run.lastIndex(of: UInt8(ascii: "-")), end - dash == 7 {
                result += run[...dash]
                result += name("id", String(decoding: run[(dash + 1)...], as: UTF8.self)).utf8
            } else {
                mask(run, known, into: &result, name)
            }
            if run.starts(with: secretARN) { isSecretName = true }
            start = end
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static let secretARN = Array("arn:aws:secretsmanager:".utf8)

    private static func mask(
        _ run: ArraySlice<UInt8>, _ known: [String: String], into result: inout [UInt8],
        _ name: (String, String) -> String
    ) {
        func knownKind(_ part: ArraySlice<UInt8>) -> String? {
            known.isEmpty ? nil : known[String(decoding: part, as: UTF8.self)]
        }
        func put(_ kind: String, _ part: ArraySlice<UInt8>) {
            result += name(kind, String(decoding: part, as: UTF8.self)).utf8
        }
        if let kind = knownKind(run) { return put(kind, run) }
        if let mark = endOfRegion(inPoolID: run) ?? endOfName(inResource: run) {
            result += run[...mark]
            return put("id", run[(mark + 1)...])
        }
        if let kind = kind(of: run) { return put(kind, run) }
        // `demo-gw-abc123def4:` and `demo-gw-abc123def4.gateway.bedrock-agentcore`: an id may stand between marks.
        for mark in [UInt8(ascii: ":"), UInt8(ascii: ".")] where run.contains(mark) {
            var rest = run
            while let place = rest.firstIndex(of: mark) {
                mask(rest[..<place], known, into: &result, name)
                result.append(mark)
                rest = rest[(place + 1)...]
            }
            return mask(rest, known, into: &result, name)
        }
        // `demo-gw-abc123def4`: a name of somebody's choice and an id behind it.
        if let dash = run.lastIndex(of: UInt8(ascii: "-")) {
            let tail = run[(dash + 1)...]
            let looks = tail.count == 10 && mixes(tail, letters: isLower) ? "id" : nil
            if let kind = knownKind(tail) ?? looks {
                result += run[...dash]
                return put(kind, tail)
            }
        }
        result += run
    }

    private static func isRun(_ byte: UInt8) -> Bool {
        isUpper(byte) || isLower(byte) || isDigit(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: ".") || byte == UInt8(ascii: ":")
    }
    private static func isUpper(_ byte: UInt8) -> Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) }
    private static func isLower(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func mixes(_ run: ArraySlice<UInt8>, letters: (UInt8) -> Bool) -> Bool {
        run.allSatisfy { letters($0) || isDigit($0) } && run.contains(where: isDigit)
    }

    private static func kind(of run: ArraySlice<UInt8>) -> String? {
        let count = run.count
        guard count >= 10 else { return nil }
        let text = Substring(String(decoding: run, as: UTF8.self))
        if isUUID(run) { return "uuid" }
        if isTime(run) || isSeconds(text) { return "time" }
        if text.hasPrefix("eyJ"), run.filter({ $0 == UInt8(ascii: ".") }).count == 2 { return "jwt" }
        for prefix in ["gho_", "ghu_", "ghr_", "ghp_", "github_pat_"] where text.hasPrefix(prefix) && count > 20 {
            return "token"
        }
        if count == 10, mixes(run, letters: isUpper) { return "id" }
        if isUniqueID(run) { return "id" }
        // The id of a user pool's client.
        if count == 26, mixes(run, letters: isLower) { return "text" }
        let isPlain = run.allSatisfy { $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: ":") }
        guard isPlain else { return nil }
        if count >= 16, run.allSatisfy(isHex), run.contains(where: isDigit), run.contains(where: isLower) {
            return "text"
        }
        // Words change between small letters, capitals and digits less often than chance does.
        let changes = zip(run, run.dropFirst()).count { letterClass($0) != letterClass($1) }
        return count >= 20 && changes * 3 >= count ? "text" : nil
    }

    private static let uniqueIDs = ["AIDA", "AKIA", "AROA", "ASIA"].map { Array($0.utf8) }

    /// `AROA…`, `ASIA…`: what IAM calls a role or a key by (IAM user guide, "IAM identifiers", unique identifiers).
    private static func isUniqueID(_ run: ArraySlice<UInt8>) -> Bool {
        (20...21).contains(run.count) && uniqueIDs.contains { run.starts(with: $0) }
            && run.allSatisfy { isUpper($0) || isDigit($0) }
    }

    /// The place of the last dash in `stack-Role-SRV7T1P2Q9ZK`: CloudFormation puts twelve letters behind a name that
    /// the template leaves to it. Digits alone are an account.
    private static func endOfName(inResource run: ArraySlice<UInt8>) -> Int? {
        let mark = run.endIndex - 13
        guard run.count > 13, run[mark] == UInt8(ascii: "-"), !isUUID(run) else { return nil }
        let end = run[(mark + 1)...]
        guard end.allSatisfy({ isUpper($0) || isDigit($0) }), end.contains(where: isUpper) else { return nil }
        return run.contains(UInt8(ascii: ":")) ? nil : mark
    }

    /// The place of the mark in `us-east-1_AbCdEfGhI`, a user pool's id: a Region and nine letters.
    private static func endOfRegion(inPoolID run: ArraySlice<UInt8>) -> Int? {
        let mark = run.endIndex - 10
        guard run.count >= 19, run[mark] == UInt8(ascii: "_"), isDigit(run[mark - 1]),
            run[mark - 2] == UInt8(ascii: "-"), run[(mark + 1)...].allSatisfy({ letterClass($0) < 3 })
        else { return nil }
        let words = run[..<(mark - 2)].split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard words.count >= 2, words[0].count == 2, words.allSatisfy({ !$0.isEmpty && $0.allSatisfy(isLower) }) else {
            return nil
        }
        return mark
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
    private static func letterClass(_ byte: UInt8) -> Int {
        isUpper(byte) ? 0 : isLower(byte) ? 1 : isDigit(byte) ? 2 : 3
    }

    private static func isUUID(_ run: ArraySlice<UInt8>) -> Bool {
        guard run.count == 36 else { return false }
        return run.enumerated().allSatisfy { place, byte in
            [8, 13, 18, 23].contains(place)
                ? byte == UInt8(ascii: "-")
                : isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
        }
    }

    /// Seconds since 1970, of this century: `1795168802` and `1795168802.0`.
    private static func isSeconds(_ text: Substring) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(isDigit) }) else { return false }
        return Int(Substring(parts[0])).map { (1_500_000_000..<5_000_000_000).contains($0) } ?? false
    }

    /// `2026-11-20T10:00:00Z` and its longer forms.
    private static func isTime(_ run: ArraySlice<UInt8>) -> Bool {
        let form = Array("0000-00-00T00:00:00".utf8)
        guard run.count >= form.count, run.count <= 30 else { return false }
        return zip(run, form).allSatisfy { byte, pattern in
            pattern == UInt8(ascii: "0") ? isDigit(byte) : byte == pattern
        }
    }
}
