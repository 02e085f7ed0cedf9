import AWSCore
import HTTPTypes
import Kernel

enum FunctionTag {}

/// A function that somebody created. What it does stands in the lab's file of functions under the same name; without
/// that it answers nothing: its code is not run.
struct FunctionRecord: Record {
    static let collection = "function"
    /// Its ARN: another account may have one of the same name. In an older data file its name.
    let id: Identifier<FunctionTag>
    let arn: String
}

/// A function as a caller names it: by name or by ARN, whole or from the account on, either with a qualifier.
struct FunctionName {
    let name: String
    /// Whose it is: the caller's own, where the account is left out.
    let account: String

    init(_ text: String, caller: String) {
        let parts = text.pieces(by: ":", keepingEmpty: true).map(String.init)
        if parts.first == "arn", parts.count > 6 {
            (account, name) = (parts[4], parts[6])
        } else if parts.count > 2, parts[1] == "function" {
            (account, name) = (parts[0], parts[2])
        } else {
            (account, name) = (caller, parts.first ?? text)
        }
    }
}

// `CreateFunction`, `GetFunction`, `DeleteFunction` (AWS Lambda API reference).
extension LambdaService {
    /// nil for a request that is none of them.
    func registry(_ request: Request, _ segments: [String]) -> Response? {
        guard segments.count >= 2, segments.count <= 3, segments[1] == "functions" else { return nil }
        let account = AWSNames.account(of: request)
        switch (request.method, segments.count) {
        case (.post, 2): return created(request, account)
        case (.get, 3), (.delete, 3):
            return found(request.method, FunctionName(segments[2], caller: account), account)
        default: return nil
        }
    }

    private func created(_ request: Request, _ account: String) -> Response {
        guard let json = try? request.json(), let name = json["FunctionName"]?.string, !name.isEmpty
        else { return Self.error(400, "InvalidParameterValueException", "FunctionName is missing") }
        let function = FunctionName(name, caller: account)
        guard function.account == account else { return foreign("CreateFunction", function) }
        let arn = arn(of: function)
        let isNew = try? world.store.write { transaction in
            guard find(function, in: &transaction) == nil else { return false }
            transaction.save(FunctionRecord(id: Identifier(arn), arn: arn))
            return true
        }
        guard isNew == true else {
            return Self.error(409, "ResourceConflictException", "Function already exist: \(function.name)")
        }
        return .json(201, ["FunctionName": .string(function.name), "FunctionArn": .string(arn), "State": "Active"])
    }

    private func found(_ method: HTTPRequest.Method, _ function: FunctionName, _ account: String) -> Response {
        if isForeign(function, to: account) {
            return foreign(method == .delete ? "DeleteFunction" : "GetFunction", function)
        }
        let record = try? world.store.write { transaction -> FunctionRecord? in
            let record = find(function, in: &transaction)
            if method == .delete, let record { transaction.remove(FunctionRecord.self, record.id) }
            return record
        }
        guard let record else {
            return Self.error(404, "ResourceNotFoundException", "Function not found: \(arn(of: function))")
        }
        if method == .delete { return Response(204) }
        return .json(
            200, ["Configuration": ["FunctionName": .string(function.name), "FunctionArn": .string(record.arn)]])
    }

    func isRegistered(_ function: FunctionName) -> Bool {
        (try? world.store.write { find(function, in: &$0) }) != nil
    }

    private func find(_ function: FunctionName, in transaction: inout Transaction) -> FunctionRecord? {
        let arn = arn(of: function)
        if let record = transaction.find(FunctionRecord.self, Identifier(arn)) { return record }
        let older = transaction.find(FunctionRecord.self, Identifier(function.name))
        return older?.arn == arn ? older : nil
    }

    private func arn(of function: FunctionName) -> String {
        "arn:aws:lambda:\(region):\(function.account):function:\(function.name)"
    }

    /// Across accounts it takes a policy of the function, and here none counts (ledger `account-boundary`).
    func isForeign(_ function: FunctionName, to caller: String) -> Bool {
        AccountBoundary(world).parts(caller, from: function.account)
    }

    func foreign(_ action: String, _ function: FunctionName) -> Response {
        let words = "Not authorized to perform: lambda:\(action) on resource: \(arn(of: function))"
        world.note(words, rule: .accountBoundary)
        return Self.error(403, "AccessDeniedException", words)
    }
}
