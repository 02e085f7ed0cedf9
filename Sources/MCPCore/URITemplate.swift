package import Kernel

/// A URI with holes, `test://template/{id}/data`: simple expansion of RFC 6570 (section 3.2.2). Each hole takes at
/// least one character and no slash.
package struct URITemplate: Hashable, Sendable {
    package let text: String
    /// Names of the holes.
    private let holes: [String]
    /// What stands around the holes: one more than there are holes.
    private let literals: [[Unicode.Scalar]]

    package var isTemplate: Bool { !holes.isEmpty }

    /// nil where a hole has no end.
    package init?(_ text: String) {
        self.text = text
        var (holes, literals): ([String], [[Unicode.Scalar]]) = ([], [])
        var rest = text[...]
        while let start = rest.firstIndex(of: "{") {
            guard let end = rest[start...].firstIndex(of: "}") else { return nil }
            literals.append(Array(rest[..<start].unicodeScalars))
            holes.append(String(rest[rest.index(after: start)..<end]))
            rest = rest[rest.index(after: end)...]
        }
        (self.holes, self.literals) = (holes, literals + [Array(rest.unicodeScalars)])
    }

    /// What fills the holes in `uri`; nil for a URI of another shape.
    ///
    /// A hole is as short as what follows it allows, and the last one takes what is left before the end. Nothing is
    /// tried twice: what a longer hole would take, the next one can take as well; and a literal with a slash fits at
    /// one place alone, for no hole crosses a slash.
    package func match(_ uri: String) -> JSONObject? {
        let uri = Array(uri.unicodeScalars)
        guard let first = literals.first, let last = literals.last, uri.starts(with: first) else { return nil }
        guard isTemplate else { return uri.count == first.count ? [:] : nil }
        var values: JSONObject = [:]
        var place = first.count
        for (hole, literal) in zip(holes.dropLast(), literals.dropFirst()) {
            guard let end = end(ofHoleAt: place, before: literal, in: uri) else { return nil }
            values[hole] = Self.value(uri[place..<end])
            place = end + literal.count
        }
        let end = uri.count - last.count
        guard place < end, uri[end...].elementsEqual(last), !uri[place..<end].contains("/") else { return nil }
        for hole in holes.suffix(1) { values[hole] = Self.value(uri[place..<end]) }
        return values
    }

    private func end(ofHoleAt place: Int, before literal: [Unicode.Scalar], in uri: [Unicode.Scalar]) -> Int? {
        var end = place
        while end < uri.count, uri[end] != "/" {
            end += 1
            if uri[end...].starts(with: literal) { return end }
        }
        return nil
    }

    private static func value(_ scalars: ArraySlice<Unicode.Scalar>) -> JSONValue {
        .string(String(String.UnicodeScalarView(scalars)))
    }
}
