import AuthorizationServer
import Kernel
import Scenario

// A lab that says only how it differs from another: `use: default`.
extension DocumentNode {
    /// Mappings are laid over each other member by member; anything else is replaced.
    func overlaid(by other: DocumentNode) -> DocumentNode {
        guard isMapping, other.isMapping else { return other }
        var result: [Member] = members.map { member in
            guard let change = other[member.name] else { return member }
            return Member(key: member.key, name: member.name, value: member.value.overlaid(by: change))
        }
        result += other.members.filter { self[$0.name] == nil }
        return DocumentNode(.mapping(result), at: other.place)
    }
}

extension MockFiles {
    /// A lab's file over the file of the lab it uses, if it names one.
    func lab(_ name: String) throws(Diagnostic) -> DocumentNode {
        let own = try document("labs/\(name).yaml")
        guard let use = own["use"] else { return own }
        guard let base = use.scalarText, base != name,
            base.utf8.allSatisfy({ $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ".") })
        else { throw Diagnostic(use.place, "use names another lab") }
        let labs = names(in: "labs").filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }
        guard labs.contains(base) else {
            throw Diagnostic(
                use.place, "there is no lab \"\(base)\"",
                hint: Suggestion.hint(for: base, among: labs.filter { $0 != name }))
        }
        let under = try document("labs/\(base).yaml")
        if let second = under["use"] { throw Diagnostic(second.place, "a lab that others use is whole in itself") }
        return under.overlaid(by: own)
    }

    /// Every vendor's file, in the order of their names.
    func vendors() throws(Diagnostic) -> [JSONValue] {
        var result: [JSONValue] = []
        for path in vendorFiles { result.append(try json(path)) }
        return result
    }

    /// What is wrong with a vendor's profile, where its file says it; nil where nothing is, or there is no such vendor.
    func mistake(inVendor name: String) -> Diagnostic? {
        do throws(Diagnostic) {
            guard let place = try? VendorShelf(try vendors()).place(of: name) else { return nil }
            _ = try parsed(vendorFiles[place.file]) { json in try LabReader.vendor(json, place.profile) }
            return nil
        } catch {
            return error
        }
    }

    var vendorFiles: [String] { names(in: "vendors").filter { $0.hasSuffix(".yaml") }.map { "vendors/\($0)" } }

    /// Every data file that a lab names.
    func named(in lab: DocumentNode) -> [String] {
        if let text = lab.scalarText { return text.hasSuffix(".yaml") || text.hasSuffix(".json") ? [text] : [] }
        return (lab.items ?? lab.members.map(\.value)).flatMap(named)
    }
}
