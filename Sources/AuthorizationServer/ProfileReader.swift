package import Kernel

/// Why a vendor's file is no profile. The author of the file reads it.
package struct VendorProfileProblem: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
    /// Where the file says it; no way is the whole file.
    package let mistake: DataMistake

    init(_ description: String, at path: [String] = [], known: [String] = []) {
        self.description = description
        mistake = DataMistake(description, at: path, known: known)
    }
}

/// Reads typed members of an object and says where one is missing or of another type.
struct ProfileReader {
    private let object: JSONObject
    /// Members on the way here.
    private let way: [String]
    /// The profile that lies over the file, and its name.
    private let overlay: (name: String, json: JSONValue)

    init(_ value: JSONValue, over overlay: (name: String, json: JSONValue)) {
        self.init(value, way: [], overlay)
    }

    private init(_ value: JSONValue, way: [String], _ overlay: (name: String, json: JSONValue)) {
        object = value.object ?? [:]
        self.way = way
        self.overlay = overlay
    }

    var names: [String] { object.names }

    subscript(_ name: String) -> JSONValue? { object[name] }

    /// Refuses a member that means nothing, most often a slip of the pen.
    func allows(_ names: [String]) throws(VendorProfileProblem) {
        if let stranger = object.names.first(where: { !names.contains($0) }) {
            let path = way + [stranger]
            throw VendorProfileProblem(
                "\(path.joined(separator: ".")) is no member of a vendor profile", at: placed(path), known: names)
        }
    }

    func text(_ name: String) throws(VendorProfileProblem) -> String {
        guard let text = object[name]?.string else { throw missing(name, "a text") }
        return text
    }

    func flag(_ name: String) throws(VendorProfileProblem) -> Bool {
        guard let flag = object[name]?.bool else { throw missing(name, "true or false") }
        return flag
    }

    /// A whole number from 0 to a thousand million, so that no sum of it overflows.
    func number(_ name: String) throws(VendorProfileProblem) -> Int64 {
        guard let number = object[name]?.int, (0...1_000_000_000).contains(number) else {
            throw missing(name, "a whole number")
        }
        return number
    }

    func number(_ name: String, or standard: Int) throws(VendorProfileProblem) -> Int {
        object[name] == nil ? standard : Int(try number(name))
    }

    func flag(_ name: String, or standard: Bool) throws(VendorProfileProblem) -> Bool {
        object[name] == nil ? standard : try flag(name)
    }

    /// nil where the file has none.
    func optionalText(_ name: String) throws(VendorProfileProblem) -> String? {
        object[name] == nil ? nil : try text(name)
    }

    func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ name: String, or standard: Choice
    ) throws(VendorProfileProblem) -> Choice {
        object[name] == nil ? standard : try choice(name)
    }

    func texts(_ name: String) throws(VendorProfileProblem) -> [String] {
        guard let texts = object[name]?.strings else { throw missing(name, "a list of texts") }
        return texts
    }

    func objects(_ name: String) throws(VendorProfileProblem) -> [JSONObject] {
        guard let items = object[name]?.array else { throw missing(name, "a list") }
        return items.compactMap(\.object)
    }

    func part(_ name: String) throws(VendorProfileProblem) -> ProfileReader {
        guard let value = object[name], value.object != nil else { throw missing(name, "an object") }
        return ProfileReader(value, way: way + [name], overlay)
    }

    /// A part that a file need not have.
    func optionalPart(_ name: String) throws(VendorProfileProblem) -> ProfileReader {
        object[name] == nil ? ProfileReader([:], way: way + [name], overlay) : try part(name)
    }

    func choice<Choice: RawRepresentable<String> & CaseIterable>(_ name: String, as type: Choice.Type = Choice.self)
        throws(VendorProfileProblem) -> Choice
    {
        guard let choice = object[name]?.string.flatMap(Choice.init(rawValue:)) else {
            throw missing(name, "one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return choice
    }

    func choices<Choice: RawRepresentable<String> & CaseIterable>(_ name: String) throws(VendorProfileProblem)
        -> [Choice]
    {
        let names = try texts(name)
        let choices = names.compactMap(Choice.init(rawValue:))
        guard choices.count == names.count else {
            throw missing(name, "a list out of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return choices
    }

    private func missing(_ name: String, _ kind: String) -> VendorProfileProblem {
        let path = way + [name]
        return VendorProfileProblem("\(path.joined(separator: ".")) must be \(kind)", at: placed(path))
    }

    /// In the profile if it says so, else in the file below it.
    private func placed(_ path: [String]) -> [String] {
        var value: JSONValue? = overlay.json
        for name in path { value = value?[name] }
        return value == nil ? path : ["profiles", overlay.name] + path
    }
}
