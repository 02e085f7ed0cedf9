import AWSCore
import HTTPTypes
import Kernel

/// The tools of an API Gateway REST API stage: the service asks for the stage's OpenAPI export and picks by filters
/// (ledger `stage-export`).
struct StageExport {
    private let plane: ControlPlane
    private let api: String
    private let stage: String
    private let filters: [JSONValue]
    private let overrides: [JSONValue]

    init(_ plane: ControlPlane, _ configuration: JSONObject) {
        self.plane = plane
        api = configuration["restApiId"]?.string ?? ""
        stage = configuration["stage"]?.string ?? ""
        let tools = configuration["apiGatewayToolConfiguration"]
        filters = tools?["toolFilters"]?.array ?? []
        overrides = tools?["toolOverrides"]?.array ?? []
    }

    func document() async throws(TargetDocument.Failure) -> TargetDocument {
        let region = plane.settings.region
        let url =
            "https://apigateway.\(region).amazonaws.com/restapis/\(percentEncoded(api))/stages/"
            + "\(percentEncoded(stage))/exports/oas30"
        let response: Response
        do throws(NetworkFailure) {
            response = try await plane.world.network.send(Request(.get, url, headers: [.accept: "application/json"]))
        } catch {
            throw TargetDocument.Failure("API Gateway did not answer GetExport")
        }
        guard response.status == 200, let export = response.json, export.object != nil else {
            throw TargetDocument.Failure("Stage \(stage) of REST API \(api) could not be exported (\(response.status))")
        }
        var (wanted, nameless): ([String], [String]) = ([], [])
        let reader = OpenAPIReader(export, plane.world.switches) { method, path, id in
            guard isWanted(method, path) else { return nil }
            let operation = "\(method.uppercased()) \(path)"
            wanted.append(operation)
            let override = overrides.first { $0["path"]?.string == path && isMethod($0["method"], method) }
            guard let name = override?["name"]?.string ?? id else {
                nameless.append(operation)
                return nil
            }
            return .init(name: name, description: override?["description"]?.string)
        }
        let document = Result { () throws(TargetDocument.Failure) in try reader.document() }
        // Without any tool the reader speaks of the whole export, where the filters are what can be changed.
        guard nameless.isEmpty else {
            throw TargetDocument.Failure(
                "Without operationId: \(nameless.joined(separator: ", ")). Give each a name by a toolOverrides entry "
                    + "with its path and method, or leave it out of toolFilters")
        }
        if case .failure = document, wanted.isEmpty {
            throw TargetDocument.Failure("toolFilters fit no method of stage \(stage) of REST API \(api)")
        }
        return try document.get()
    }

    private func isMethod(_ value: JSONValue?, _ method: String) -> Bool { value?.string?.lowercased() == method }

    /// A filter's path is a path of the API, or one with a star at its end. Proxy paths are left out
    /// (ledger `stage-export`).
    private func isWanted(_ method: String, _ path: String) -> Bool {
        guard path.range(of: "+}") == nil else { return false }
        return filters.contains { filter in
            guard filter["methods"]?.array?.contains(where: { isMethod($0, method) }) == true,
                let wanted = filter["filterPath"]?.string
            else { return false }
            if wanted.hasSuffix("/*") { return path.hasPrefix(String(wanted.dropLast())) }
            return path == wanted
        }
    }
}
