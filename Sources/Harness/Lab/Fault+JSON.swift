import AWSCore
import HTTPTypes
package import Kernel

/// What is wrong with a fault that somebody wrote.
package struct FaultMistake: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
    /// Names of the members on the way to what is wrong; none is the whole fault.
    let path: [String]
    init(_ description: String, at path: String...) {
        self.description = description
        self.path = path
    }
}

extension Fault {
    /// Reads `{"name","party","operation","first"}` with exactly one of `answer`, `throttle`, `delay`, `drop`,
    /// `duplicate` and `truncate`; the lab's switches say how a throttled answer looks.
    package init(json: JSONObject, _ switches: Switches = Switches()) throws(FaultMistake) {
        guard let name = json["name"]?.string, !name.isEmpty else { throw FaultMistake("A fault needs a \"name\".") }
        let party = json["party"]?.string ?? ""
        guard (Party.served + Party.inner).contains(Party(party)) else {
            let known = (Party.served + Party.inner).map(\.rawValue).joined(separator: ", ")
            throw FaultMistake("A fault needs a \"party\", one of \(known).", at: "party")
        }
        var operation: String?
        if let value = json["operation"], !value.isNull {
            guard let text = value.string, text.split(separator: " ").last?.hasPrefix("/") == true else {
                throw FaultMistake(
                    "\"operation\" must be a path, or a method and a path: POST /login/oauth/access_token.",
                    at: "operation")
            }
            operation = text
        }
        var first: Int?
        if let value = json["first"], !value.isNull {
            guard let number = value.int, number > 0, number <= 1_000_000 else {
                throw FaultMistake("\"first\" must be a whole number from 1 to 1000000.", at: "first")
            }
            first = Int(number)
        }
        self.init(
            name: name, party: Party(party), operation: operation, effect: try Self.effect(json, switches), first: first
        )
    }

    private static func effect(_ json: JSONObject, _ switches: Switches) throws(FaultMistake) -> Effect {
        let names = ["answer", "throttle", "delay", "drop", "duplicate", "truncate"]
        let given = names.filter { json[$0] != nil && json[$0] != false && json[$0]?.isNull == false }
        guard given.count == 1, let name = given.first, let value = json[name] else {
            throw FaultMistake("A fault needs exactly one of \(names.joined(separator: ", ")).")
        }
        switch name {
        case "answer": return .answer(try answer(value))
        case "delay":
            guard let span = value.string.flatMap({ Span($0) }), span >= .zero else {
                throw FaultMistake("\"delay\" must be a duration such as 500ms or 90s.", at: "delay")
            }
            return .delay(span)
        default:
            guard value == true else { throw FaultMistake("\"\(name)\" must be true.", at: name) }
            if name == "throttle" {
                guard json["party"] == "aws" else { throw FaultMistake("\"throttle\" is for the party aws.", at: name) }
                return .answer(throttled(switches))
            }
            return name == "drop" ? .drop : name == "duplicate" ? .duplicate : .truncate
        }
    }

    /// As the service model has it; whether it says when to come back nobody saw (ledger `U25`).
    private static func throttled(_ switches: Switches) -> Response {
        var response = AWSError(.throttling, "Rate exceeded").response
        let seconds = switches.choice(.throttlingRetryAfter)
        if seconds != "none" { response.head.headerFields[fieldName("Retry-After")] = seconds }
        return response
    }

    private static func answer(_ value: JSONValue) throws(FaultMistake) -> Response {
        guard let object = value.object, let status = object["status"]?.int, (100...599).contains(status) else {
            throw FaultMistake("\"answer\" needs a \"status\" from 100 to 599.", at: "answer", "status")
        }
        for name in object.names where !["status", "headers", "body"].contains(name) {
            throw FaultMistake(
                "\"answer\" has no member \"\(name)\"; known are status, headers, body.", at: "answer", name)
        }
        var response = Response(Int(status))
        if let text = object["body"]?.string {
            response = .plain(Int(status), text)
        } else if let body = object["body"], !body.isNull {
            response = .json(Int(status), body)
        }
        for member in object["headers"]?.object?.members ?? [] {
            guard let field = HTTPField.Name(member.name), let text = member.value.string else {
                throw FaultMistake(
                    "\"headers\" has no legal field \"\(member.name)\".", at: "answer", "headers", member.name)
            }
            response.head.headerFields[field] = text
        }
        return response
    }

    /// As it is listed.
    package var json: JSONValue {
        var object: JSONObject = ["name": .string(name), "party": .string(party.rawValue)]
        object["operation"] = operation.map { .string($0) }
        switch effect {
        case .answer(let response): object["answer"] = ["status": .int(Int64(response.status))]
        case .delay(let span): object["delay"] = .string("\(span.milliseconds)ms")
        case .drop: object["drop"] = true
        case .duplicate: object["duplicate"] = true
        case .truncate: object["truncate"] = true
        }
        object["first"] = first.map { .int(Int64($0)) }
        return .object(object)
    }
}
