package import Kernel

/// What `${…}` stands for while a scenario runs.
package struct Variables: Sendable {
    package private(set) var values: JSONObject

    package init(_ values: JSONObject = [:]) { self.values = values }

    package subscript(_ name: String) -> JSONValue? {
        get { values[name] }
        set { values[name] = newValue }
    }
}

/// A value in which `${variable}` may stand, taken apart once when the file is read. A text that is one template and
/// nothing else keeps the type of what it names; inside a longer text it becomes text. `$${` is a plain `${`.
package struct Template: Sendable {
    package let node: DocumentNode
    private let code: Code

    /// What is left to do when the value is needed.
    private indirect enum Code: Sendable {
        case constant(JSONValue)
        case hole(PathExpression, Place)
        case text([Part], Place)
        case array([Code])
        case object([(name: Code, value: Code)])
        /// What cannot be filled says so whenever somebody tries.
        case broken(Diagnostic)
    }

    enum Part: Sendable {
        case text(String)
        case hole(PathExpression)
    }

    /// Reports each `${…}` that is not a path.
    package init(_ node: DocumentNode, _ reading: inout Reading) {
        self.node = node
        code = Self.code(node, &reading)
    }

    /// A member that is a mapping, or a variable that stands for one.
    package static func mapping(_ name: String, _ members: Members, _ reading: inout Reading) -> Template? {
        guard let node = members[name] else { return nil }
        if !node.isMapping, !node.namesAVariable {
            reading.report(node.place, "\(name) must be a mapping of members, this is \(node.typeName)")
        }
        return Template(node, &reading)
    }

    package var place: Place { node.place }

    /// Whether it is the same whatever the variables are.
    package var isConstant: Bool { if case .constant = code { true } else { false } }

    package func value(_ variables: Variables) throws(Diagnostic) -> JSONValue { try Self.render(code, variables) }

    /// The members of a mapping.
    ///
    /// - Throws: `Diagnostic` where a variable gives something else.
    package func members(_ variables: Variables) throws(Diagnostic) -> JSONObject {
        let value = try value(variables)
        if let object = value.object { return object }
        throw Diagnostic(place, "this must be a mapping of members, it is \(value.text)")
    }

    /// The value as text: numbers and flags as JSON writes them.
    package func text(_ variables: Variables) throws(Diagnostic) -> String {
        let value = try value(variables)
        return value.string ?? value.text
    }
}

// Reading.
extension Template {
    private static func code(_ node: DocumentNode, _ reading: inout Reading) -> Code {
        switch node.content {
        case .scalar(let text, _):
            return hasDollar(text) ? code(text, node.place, &reading) : .constant(node.json)
        case .sequence(let items):
            let codes = items.map { code($0, &reading) }
            let constants = codes.compactMap { if case .constant(let value) = $0 { value } else { nil } }
            return constants.count == codes.count ? .constant(.array(constants)) : .array(codes)
        case .mapping(let members):
            var codes: [(name: Code, value: Code)] = []
            var constants = JSONObject()
            for member in members {
                let name: Code =
                    hasDollar(member.name)
                    ? code(member.name, member.key.place, &reading) : .constant(.string(member.name))
                let value = code(member.value, &reading)
                if case .constant(let name) = name, case .constant(let value) = value {
                    constants.append(name.string ?? name.text, value)
                }
                codes.append((name, value))
            }
            return constants.count == codes.count ? .constant(.object(constants)) : .object(codes)
        }
    }

    private static func code(_ text: String, _ place: Place, _ reading: inout Reading) -> Code {
        var result: [Part] = []
        for piece in pieces(of: text) {
            switch piece {
            case .text(let text): result.append(.text(text))
            case .open:
                let mistake = Diagnostic(
                    place, "a ${ is not closed", hint: "write $${ where a text has these two characters")
                reading.report(mistake)
                return .broken(mistake)
            case .hole(let path):
                do throws(PathExpression.Failure) {
                    result.append(.hole(try PathExpression(path)))
                } catch {
                    let mistake = Diagnostic(place, "this is no variable: \(error.reason)")
                    reading.report(mistake)
                    return .broken(mistake)
                }
            }
        }
        if result.count == 1, case .hole(let path) = result[0] { return .hole(path, place) }
        if result.count == 1, case .text(let text) = result[0] { return .constant(.string(text)) }
        return .text(result, place)
    }

    private static func hasDollar(_ text: String) -> Bool { text.place(of: "$") != nil }
}

// Filling.
extension Template {
    private static func render(_ code: Code, _ variables: Variables) throws(Diagnostic) -> JSONValue {
        switch code {
        case .constant(let value): return value
        case .broken(let mistake): throw mistake
        case .hole(let path, let place): return try lookUp(path, place, variables)
        case .text(let parts, let place):
            var result = ""
            for part in parts {
                switch part {
                case .text(let text): result += text
                case .hole(let path):
                    let value = try lookUp(path, place, variables)
                    result += value.string ?? value.text
                }
            }
            return .string(result)
        case .array(let items):
            var result: [JSONValue] = []
            result.reserveCapacity(items.count)
            for item in items { result.append(try render(item, variables)) }
            return .array(result)
        case .object(let members):
            var result = JSONObject()
            for member in members {
                let name = try render(member.name, variables)
                result.append(name.string ?? name.text, try render(member.value, variables))
            }
            return .object(result)
        }
    }

    private static func lookUp(_ path: PathExpression, _ place: Place, _ variables: Variables) throws(Diagnostic)
        -> JSONValue
    {
        guard let base = variables[path.root] else {
            throw Diagnostic(
                place, "there is no variable \"\(path.root)\"",
                hint: Suggestion.hint(for: path.root, among: variables.values.names))
        }
        if let value = path.value(below: base) { return value }
        throw Diagnostic(
            place, "there is nothing at \"\(path)\"", hint: path.explanation(in: .object(variables.values)))
    }
}

extension Template {
    /// A text as it is written, taken apart.
    private enum Piece {
        case text(String)
        case hole(String)
        /// A `${` without an end.
        case open
    }

    /// Where a variable is named.
    package struct Hole: Sendable {
        package let path: Result<PathExpression, PathExpression.Failure>
        package let place: Place
    }

    private static func pieces(of text: String) -> [Piece] {
        let bytes = text.utf8
        let (dollar, open, close) = (UInt8(ascii: "$"), UInt8(ascii: "{"), UInt8(ascii: "}"))
        var pieces: [Piece] = []
        var plain: [UInt8] = []
        var at = bytes.startIndex
        func byte(_ index: String.Index) -> UInt8? { index < bytes.endIndex ? bytes[index] : nil }
        while at < bytes.endIndex {
            let next = bytes.index(after: at)
            guard bytes[at] == dollar else {
                plain.append(bytes[at])
                at = next
                continue
            }
            if byte(next) == dollar, byte(bytes.index(after: next)) == open {
                plain += [dollar, open]
                at = bytes.index(at, offsetBy: 3)
            } else if byte(next) == open {
                guard let end = bytes[next...].firstIndex(of: close) else { return pieces + [.open] }
                if !plain.isEmpty { pieces.append(.text(String(decoding: plain, as: UTF8.self))) }
                plain = []
                pieces.append(.hole(String(text[bytes.index(after: next)..<end])))
                at = bytes.index(after: end)
            } else {
                plain.append(dollar)
                at = next
            }
        }
        if !plain.isEmpty || pieces.isEmpty { pieces.append(.text(String(decoding: plain, as: UTF8.self))) }
        return pieces
    }

    /// Every variable that a node names, in the order of the file.
    package static func holes(in node: DocumentNode) -> [Hole] {
        var holes: [Hole] = []
        collect(node, &holes)
        return holes
    }

    private static func collect(_ node: DocumentNode, _ holes: inout [Hole]) {
        switch node.content {
        case .scalar(let text, _): collect(text, node.place, &holes)
        case .sequence(let items): for item in items { collect(item, &holes) }
        case .mapping(let members):
            for member in members {
                collect(member.name, member.key.place, &holes)
                collect(member.value, &holes)
            }
        }
    }

    private static func collect(_ text: String, _ place: Place, _ holes: inout [Hole]) {
        guard hasDollar(text) else { return }
        for case .hole(let path) in pieces(of: text) { holes.append(Hole(path: parsed(path), place: place)) }
    }

    private static func parsed(_ text: String) -> Result<PathExpression, PathExpression.Failure> {
        do throws(PathExpression.Failure) {
            return .success(try PathExpression(text))
        } catch {
            return .failure(error)
        }
    }
}
