import AWSCore
import HTTPTypes
import Kernel

enum FunctionTag {}

/// A function that somebody created. What it does stands in the lab's file of functions under the same name; without
/// that it answers nothing: its code is not run.
struct FunctionRecord: Record {
    static let collection = "function"
    let id: Identifier<FunctionTag>
    let arn: String
}

// `CreateFunction`, `GetFunction`, `DeleteFunction` (AWS Lambda API reference).
extension LambdaService {
    /// nil for a request that is none of them.
    func registry(_ request: Request, _ segments: [String]) -> Response? {
        guard segments.count >= 2, segments.count <= 3, segments[1] == "functions" else { return nil }
        switch (request.method, segments.count) {
        case (.post, 2): return created(request)
        case (.get, 3), (.delete, 3): return found(request.method, FunctionCatalogue.name(of: segments[2]))
        default: return nil
        }
    }

    private func created(_ request: Request) -> Response {
        guard let json = try? JSONValue(parsing: request.body), let name = json["FunctionName"]?.string, !name.isEmpty
        else { return Self.error(400, "InvalidParameterValueException", "FunctionName is missing") }
        let arn = "arn:aws:lambda:\(region):\(AWSNames.account(of: request)):function:\(name)"
        let isNew = try? world.store.write { transaction in
            guard transaction.find(FunctionRecord.self, Identifier(name)) == nil else { return false }
            transaction.save(FunctionRecord(id: Identifier(name), arn: arn))
            return true
        }
        guard isNew == true else {
            return Self.error(409, "ResourceConflictException", "Function already exist: \(name)")
        }
        return .json(201, ["FunctionName": .string(name), "FunctionArn": .string(arn), "State": "Active"])
    }

    private func found(_ method: HTTPRequest.Method, _ name: String) -> Response {
        let record = try? world.store.write { transaction -> FunctionRecord? in
            let record = transaction.find(FunctionRecord.self, Identifier(name))
            if method == .delete, let record { transaction.remove(FunctionRecord.self, record.id) }
            return record
        }
        guard let record else {
            return Self.error(404, "ResourceNotFoundException", "Function not found: \(name)")
        }
        if method == .delete { return Response(204) }
        return .json(200, ["Configuration": ["FunctionName": .string(name), "FunctionArn": .string(record.arn)]])
    }

    func isRegistered(_ name: String) -> Bool {
        (try? world.store.write { $0.find(FunctionRecord.self, Identifier(name)) }) != nil
    }
}
