package import Kernel

/// What a service model, as botocore carries it, has otherwise than the contract.
package struct ModelDrift {
    /// One service as the model has it: `service-2.json`.
    package struct Model {
        let service: String
        let operations: [String: JSONValue]
        let shapes: [String: JSONValue]

        package init(_ service: Contract.Service, json: JSONValue) {
            self.service = service.rawValue
            operations = Self.table(json["operations"])
            shapes = Self.table(json["shapes"])
        }

        fileprivate static func table(_ json: JSONValue?) -> [String: JSONValue] {
            Dictionary((json?.object?.members ?? []).map { ($0.name, $0.value) }) { first, _ in first }
        }
    }

    /// An operation that the contract lacks counts only where it is about what is played here.
    private static let nouns = [
        "Gateway", "Oauth2CredentialProvider", "ApiKeyCredentialProvider", "WorkloadIdentit", "WorkloadAccessToken",
        "TokenVault", "ConsentPortal", "ResourcePolicy", "ResourceOauth2Token", "ResourceApiKey", "ResourceTokenAuth",
    ]
    private static let facts = ["min", "max", "pattern", "union", "timestampFormat"]

    private let contract: JSONValue
    /// Differences that were found.
    private var lines: Set<String> = []

    /// - Parameter contract: `mocks/contract/contract.json`.
    private init(contract: JSONValue) { self.contract = contract }

    /// A line for each difference, sorted: operations, members and values that are new or gone, constraints that are
    /// others.
    package static func lines(contract: JSONValue, models: [Model]) -> [String] {
        var drift = ModelDrift(contract: contract)
        for model in models { drift.compare(model) }
        return drift.lines.sorted()
    }

    private mutating func compare(_ model: Model) {
        let ours = (contract["operations"]?.array ?? []).filter { $0["service"]?.string == model.service }
        let known = Dictionary(ours.map { ($0["name"]?.string ?? "", $0) }) { first, _ in first }
        for name in model.operations.keys where known[name] == nil && Self.nouns.contains(where: name.contains) {
            lines.insert("new operation \(name)")
        }
        var roots: [String] = []
        for (name, old) in known {
            guard let new = model.operations[name] else {
                lines.insert("operation \(name) is gone")
                continue
            }
            compare(operation: name, new, old)
            roots += [new["input"]?["shape"]?.string, new["output"]?["shape"]?.string].compactMap { $0 }
        }
        let shapes = Model.table(contract["shapes"]?[model.service])
        for name in Self.reachable(from: roots, in: model.shapes) {
            guard let new = model.shapes[name] else { continue }
            guard let old = shapes[name] else {
                lines.insert("new shape \(name)")
                continue
            }
            compare(shape: name, new, old)
        }
    }

    private mutating func compare(operation name: String, _ new: JSONValue, _ old: JSONValue) {
        tell("\(name): method", new["http"]?["method"], old["method"])
        tell("\(name): uri", new["http"]?["requestUri"], old["uri"])
        tell("\(name): status", new["http"]?["responseCode"] ?? 200, old["status"])
        let errors = (new["errors"]?.array ?? []).compactMap { $0["shape"]?.string }.sorted()
        tell("\(name): errors", .strings(errors), old["errors"])
    }

    private mutating func compare(shape name: String, _ new: JSONValue, _ old: JSONValue) {
        tell("\(name): type", new["document"] == true ? "document" : new["type"], old["type"])
        for fact in Self.facts { tell("\(name): \(fact)", new[fact], old[fact]) }
        let required = new["required"]?.array?.isEmpty == true ? nil : new["required"]
        tell("\(name): required", required, old["required"])
        for part in ["member", "key", "value"] { tell("\(name): \(part)", new[part]?["shape"], old[part]) }
        let values = old["enum"]?.strings ?? []
        for value in new["enum"]?.strings ?? [] where !values.contains(value) {
            lines.insert("new value of \(name): \(value)")
        }
        let lost = values.filter { !(new["enum"]?.strings ?? []).contains($0) }
        for value in lost { lines.insert("value of \(name) is gone: \(value)") }
        guard new["document"] != true else { return }
        let (members, before) = (Model.table(new["members"]), Model.table(old["members"]))
        for (member, entry) in members {
            guard let earlier = before[member] else {
                lines.insert("new member \(name).\(member)")
                continue
            }
            let (now, then) = (Self.wire(entry), Self.wire(earlier))
            if now != then { lines.insert("\(name).\(member) is \(now), was \(then)") }
        }
        for member in before.keys where members[member] == nil { lines.insert("member \(name).\(member) is gone") }
    }

    private mutating func tell(_ what: String, _ new: JSONValue?, _ old: JSONValue?) {
        guard new != old else { return }
        lines.insert("\(what) is \(new?.text ?? "not there"), was \(old?.text ?? "not there")")
    }

    /// Shape, place and name of a member; both files have the same facts under different names.
    private static func wire(_ entry: JSONValue) -> String {
        let shape = entry.string ?? entry["shape"]?.string ?? ""
        let place = entry["in"]?.string ?? entry["location"]?.string
        let name = entry["as"]?.string ?? entry["locationName"]?.string
        return ([shape] + [place.map { "in \($0)" }, name.map { "as \($0)" }].compactMap { $0 }).joined(separator: " ")
    }

    private static func reachable(from roots: [String], in shapes: [String: JSONValue]) -> Set<String> {
        var (found, todo): (Set<String>, [String]) = ([], roots)
        while let name = todo.popLast() {
            guard found.insert(name).inserted, let shape = shapes[name] else { continue }
            todo += (shape["members"]?.object?.members ?? []).compactMap { $0.value["shape"]?.string }
            todo += ["member", "key", "value"].compactMap { shape[$0]?["shape"]?.string }
        }
        return found
    }
}
