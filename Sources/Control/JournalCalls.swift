import HTTPTypes
import Harness
import Kernel

extension CallContext {
    func journal() throws -> Response {
        var after = 0
        if let text = request.parameters["after"] {
            guard let number = Int(text), number >= 0 else {
                throw ControlError(400, "\"after\" must be a sequence number from 0 up.")
            }
            after = number
        }
        let whole = lab.store.journal()
        let entries = whole.drop { $0.sequence <= after }
        // Who asks again and again is mostly told nothing new.
        let mask = entries.isEmpty ? SecretMask([]) : SecretMask(whole)
        let next = max(after, entries.last?.sequence ?? 0)
        return .json(
            200, ["entries": .array(entries.map { $0.shown(mask) }), "next": .int(Int64(next))])
    }

    func transitions() -> Response {
        let steps = lab.store.journal().compactMap { entry -> JSONValue? in
            guard case .transition(let transition) = entry.event else { return nil }
            return .object(entry.stamp.merging(transition.members))
        }
        return .json(200, .array(steps))
    }

    /// How the MCP clients behaved that have called so far.
    func score() -> Response { .json(200, ClientScore(of: lab.store.journal()).json) }

    func tokens() -> Response { .json(200, .array(TokenLineage.table(of: lab.store.journal()).map(\.json))) }
}

extension JournalEntry {
    /// `seq` and `at`.
    fileprivate var stamp: JSONObject { ["seq": .int(Int64(sequence)), "at": .string(at.iso8601)] }

    /// As `/_local/journal` shows it.
    func shown(_ mask: SecretMask) -> JSONValue {
        let (kind, members): (String, JSONObject) =
            switch event {
            case .exchange(let exchange): ("exchange", exchange.shown(mask))
            case .streamed(let stream):
                (
                    "event",
                    [
                        "from": .string(stream.from.rawValue), "to": .string(stream.to.rawValue),
                        "path": .string(mask.url(stream.path)),
                        "data": .string(mask.text(String(decoding: stream.event.data ?? [], as: UTF8.self))),
                    ]
                )
            case .transition(let transition): ("transition", transition.members)
            case .alarm(let alarm):
                (
                    "alarm",
                    [
                        "to": .string(alarm.party.rawValue), "label": .string(mask.text(alarm.label)),
                        "due": .string(alarm.due.iso8601),
                    ]
                )
            case .fault(let name, let party): ("fault", ["to": .string(party.rawValue), "name": .string(name)])
            case .token(let event): ("token", event.shown)
            case .note(let note):
                (
                    "note",
                    [
                        "party": .string(note.party.rawValue), "rule": note.rule.map { .string($0) } ?? .null,
                        "text": .string(mask.text(note.text)),
                    ]
                )
            }
        var result = stamp
        result.append("kind", .string(kind))
        return .object(result.merging(members))
    }
}

extension Exchange {
    fileprivate func shown(_ mask: SecretMask) -> JSONObject {
        var result: JSONObject = [
            "from": .string(from.rawValue), "to": .string(to.rawValue), "method": .string(request.method.rawValue),
            "path": .string(mask.url(request.head.path ?? "/")), "status": status.map { .int(Int64($0)) } ?? .null,
        ]
        result["request"] = mask.message(request.head.headerFields, request.body)
        switch outcome {
        case .answered(let response):
            result["response"] = mask.message(response.head.headerFields, response.body)
        case .failed(let failure): result["failure"] = .string(failure.reason.rawValue)
        }
        return result
    }
}

extension SecretMask {
    fileprivate func message(_ fields: HTTPFields, _ bytes: [UInt8]) -> JSONValue {
        var object: JSONObject = ["headers": headers(fields)]
        object["body"] = shown(bytes, fields[.contentType])
        return .object(object)
    }
}

extension Transition {
    fileprivate var members: JSONObject {
        [
            "subject": .string(subject), "from": from.map { .string($0) } ?? .null, "to": .string(to),
            "cause": .string(cause),
        ]
    }
}

extension TokenEvent {
    fileprivate var shown: JSONObject {
        switch self {
        case .issued(let birth):
            [
                "event": "issued", "id": .string(birth.id), "type": .string(birth.kind),
                "issuer": .string(birth.issuer.rawValue), "user": birth.user.map { .string($0) } ?? .null,
                "scopes": .strings(birth.scopes), "audience": .strings(birth.audience),
                "parent": birth.parent.map { .string($0) } ?? .null,
                "expires": birth.expires.map { .string($0.iso8601) } ?? .null,
            ]
        case .held(let id, let holder): ["event": "held", "id": .string(id), "by": .string(holder)]
        case .revoked(let id, let cause): ["event": "revoked", "id": .string(id), "cause": .string(cause)]
        }
    }
}
