import Kernel

// A HAR, as browsers and proxies write it.
extension Recording {
    mutating func readHAR(_ entries: [JSONValue]) {
        for entry in entries {
            guard let request = entry["request"], let url = request["url"]?.string else { continue }
            var message = RecordedMessage()
            message.moment = Self.moment(entry["startedDateTime"]?.string)
            message.method = request["method"]?.string?.uppercased() ?? "GET"
            message.url = url
            message.fields = Self.fields(request["headers"])
            message.body = request["postData"]?["text"]?.string ?? ""
            if message.body.isEmpty, let pairs = request["postData"]?["params"]?.array {
                let form = Form(
                    pairs.map {
                        Form.Pair($0["name"]?.string ?? "", percentDecoded($0["value"]?.string ?? "", plus: true))
                    })
                message.body = form.encoded
            }
            if message.fields["content-type"] == nil, let type = request["postData"]?["mimeType"]?.string {
                message.fields["content-type"] = type
            }
            message.status = entry["response"]?["status"]?.int.map { Int($0) }
            message.answerFields = Self.fields(entry["response"]?["headers"])
            let content = entry["response"]?["content"]
            if let location = entry["response"]?["redirectURL"]?.string, !location.isEmpty {
                message.answerFields["location"] = message.answerFields["location"] ?? location
            }
            if message.answerFields["content-type"] == nil, let type = content?["mimeType"]?.string {
                message.answerFields["content-type"] = type
            }
            let text = content?["text"]?.string ?? ""
            if content?["encoding"]?.string == "base64" {
                message.answer = String(decoding: Base64.decode(text) ?? [], as: UTF8.self)
            } else {
                message.answer = text
            }
            add(message)
        }
    }

    private static func fields(_ list: JSONValue?) -> [String: String] {
        var fields: [String: String] = [:]
        for item in list?.array ?? [] {
            guard let name = item["name"]?.string, let value = item["value"]?.string else { continue }
            // A second field of a name only ever is a cookie, and cookies are not kept.
            if fields[name.lowercased()] == nil { fields[name.lowercased()] = value }
        }
        return fields
    }

    static func moment(_ text: String?) -> Int64 {
        guard let text else { return 0 }
        // A HAR may name another zone; only differences count.
        let parts = text.split(separator: "T")
        guard parts.count == 2 else { return 0 }
        let day = parts[0].split(separator: "-").compactMap { Int64($0) }
        let time = parts[1].prefix { $0 != "Z" && $0 != "+" && $0 != "-" }.split(separator: ":").compactMap {
            Double($0)
        }
        guard day.count == 3, time.count == 3, day.allSatisfy({ (0...9_999).contains($0) }),
            time.allSatisfy({ (0..<100).contains($0) })
        else { return 0 }
        let days = (day[0] * 372 + day[1] * 31 + day[2])
        return days * 86_400_000 + Int64((time[0] * 3600 + time[1] * 60 + time[2]) * 1000)
    }
}

// The journal of a served lab, secrets shown by their names.
extension Recording {
    mutating func readJournal(_ entries: [JSONValue]) {
        var states: [String: [String]] = [:]
        var subjects: [String] = []
        var exchanges: [(to: Party, message: RecordedMessage)] = []
        var met: [(fault: String, party: String, request: String?)] = []
        for entry in entries {
            switch entry["kind"]?.string {
            case "transition":
                guard let subject = entry["subject"]?.string, let state = entry["to"]?.string else { continue }
                if states[subject] == nil { subjects.append(subject) }
                states[subject, default: []].append(state)
            case "fault":
                guard let name = entry["name"]?.string else { continue }
                met.append((name, entry["to"]?.string ?? "some party", nil))
            case "token":
                guard entry["event"]?.string == "issued", let id = entry["id"]?.string,
                    let type = entry["type"]?.string, let user = entry["user"]?.string
                else { continue }
                owners["<\(type) \(id)>"] = user
            case "exchange":
                guard let to = entry["to"]?.string, let path = entry["path"]?.string else { continue }
                let message = Self.message(entry, path)
                // What a request met stands before it.
                if let last = met.indices.last(where: { met[$0].party == to && met[$0].request == nil }) {
                    met[last].request = "\(message.method) \(URLText(path).path)"
                }
                exchanges.append((Party(to), message))
                if to == "github" {
                    let sent = [message.form?["client_id"], URLText(path).query?["client_id"]]
                    for id in sent.compactMap({ $0 }) where !clients.contains(id) { clients.append(id) }
                }
                if to == "github", path.hasPrefix("/login/oauth/access_token") { redemptions += 1 }
            default: break
            }
        }
        for (fault, party, request) in met {
            let what = request.map { "\($0) met at \(party)" } ?? "came about at \(party)"
            let text = "the fault \(fault), which \(what) and no journal describes: set it with a step fault"
            if !unmade.contains(text) { unmade.append(text) }
        }
        transitions = subjects.map { ($0, states[$0] ?? []) }
        origins = Self.origins(shownBy: exchanges)
        var names: [Party: String] = [:]
        for (origin, party) in origins.sorted(by: { $0.key < $1.key }) where names[party] == nil {
            names[party] = origin
        }
        let parties = Set((Party.served + Party.inner).map(\.rawValue))
        for (to, message) in exchanges where !parties.contains(message.sender) {
            var message = message
            let origin = names[to] ?? "http://\(to.rawValue).recorded"
            origins[origin] = to
            message.url = origin + message.url
            add(message)
        }
    }

    private static func message(_ entry: JSONValue, _ path: String) -> RecordedMessage {
        var message = RecordedMessage()
        message.sender = entry["from"]?.string ?? ""
        message.moment = moment(entry["at"]?.string)
        message.method = entry["method"]?.string ?? "GET"
        message.url = path
        message.status = entry["status"]?.int.map { Int($0) }
        message.fields = texts(entry["request"]?["headers"])
        message.body = body(entry["request"]?["body"])
        message.answerFields = texts(entry["response"]?["headers"])
        message.answer = body(entry["response"]?["body"])
        return message
    }

    private static func texts(_ value: JSONValue?) -> [String: String] {
        let members = value?.object?.members ?? []
        return Dictionary(members.map { ($0.name.lowercased(), $0.value.string ?? "") }) { first, _ in first }
    }

    private static func body(_ value: JSONValue?) -> String { value?.string ?? value?.text ?? "" }

    /// A journal names parties and paths. Where they were reached is seen where an address that was given was gone to.
    private static func origins(shownBy exchanges: [(to: Party, message: RecordedMessage)]) -> [String: Party] {
        var given: [String: String] = [:]
        var origins: [String: Party] = [:]
        func learn(_ text: String) {
            let url = URLText(text)
            guard !url.origin.isEmpty, url.path.count > 3 else { return }
            // A return URL of a program on the same machine looks like the application's.
            let target = url.path.hasPrefix("/callback") ? "\(url.path)?\(url.query?.encoded ?? "")" : url.path
            if given[target] == nil { given[target] = url.origin }
        }
        func learn(_ value: JSONValue) {
            for (_, text) in Leaves.of(value) { learn(text) }
        }
        for (to, message) in exchanges {
            let url = URLText(message.url)
            let target = url.path.hasPrefix("/callback") ? "\(url.path)?\(url.query?.encoded ?? "")" : url.path
            if let origin = given[target], origins[origin] == nil { origins[origin] = to }
            for pair in url.query?.pairs ?? [] { learn(pair.value) }
            if let json = message.json { learn(json) }
            if let location = message.location { learn(location) }
            if let json = message.answerJSON { learn(json) }
            if to == .idp, let issuer = message.answerJSON?["issuer"]?.string { origins[URLText(issuer).origin] = .idp }
        }
        return origins
    }
}

/// The texts of a value and where they stand.
enum Leaves {
    static func of(_ value: JSONValue, _ path: String = "") -> [(path: String, text: String)] {
        switch value {
        case .string(let text): return [(path, text)]
        case .array(let items):
            return items.enumerated().flatMap { of($0.element, "\(path)[\($0.offset)]") }
        case .object(let object):
            return object.members.flatMap { member in
                let isPlain = member.name.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" }
                let name = isPlain ? member.name : "\"\(member.name)\""
                return of(member.value, path.isEmpty ? name : "\(path).\(name)")
            }
        default: return []
        }
    }
}
