import HTTPTypes
package import Kernel

/// What a request says about its signature; nothing of it is proven.
package struct SignatureClaim: Sendable, Hashable {
    package let keyID: String
    package let scope: SigV4.Scope
    let signedHeaders: [String]
    let signature: String
    /// In the query string.
    let isPresigned: Bool
    /// Of a signature in the query string.
    let lifetime: Span

    /// Reads `Authorization: AWS4-HMAC-SHA256 …` or the `X-Amz-` parameters of the query.
    package init(_ request: Request) throws(SigV4Refusal) {
        if request.header(.authorization) != nil {
            try self.init(header: request)
        } else if request.query.range(of: "X-Amz-Algorithm=") != nil {
            try self.init(query: request.parameters)
        } else {
            throw .missing
        }
    }

    private init(header request: Request) throws(SigV4Refusal) {
        guard let text = request.credentials(SigV4.algorithm) else { throw .missing }
        var parts: [String: String] = [:]
        for part in text.pieces(by: ",") {
            guard let equals = part.place(of: "=") else { continue }
            parts[trimmed(part[..<equals])] = trimmed(part[part.index(after: equals)...])
        }
        let date = request.header(SigV4.dateHeader)
        var missing = ["Credential", "Signature", "SignedHeaders"].filter { (parts[$0] ?? "").isEmpty }
            .map { "Authorization header requires '\($0)' parameter." }
        if date == nil {
            missing.append("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
        }
        guard missing.isEmpty else { throw .incomplete(missing.joined(separator: " ")) }
        try self.init(
            credential: parts["Credential"] ?? "", date: date ?? "", headers: parts["SignedHeaders"] ?? "",
            signature: parts["Signature"] ?? "", lifetime: nil)
    }

    private init(query: Form) throws(SigV4Refusal) {
        let names = ["Credential", "Signature", "SignedHeaders", "Date", "Expires"]
        let missing = names.filter { (query["X-Amz-\($0)"] ?? "").isEmpty }
            .map { "AWS query-string parameters must include 'X-Amz-\($0)'." }
        guard missing.isEmpty, query["X-Amz-Algorithm"] == SigV4.algorithm else {
            throw .incomplete(missing.first ?? "X-Amz-Algorithm must be \(SigV4.algorithm).")
        }
        guard let seconds = Int64(query["X-Amz-Expires"] ?? ""), (1...604_800).contains(seconds) else {
            throw .incomplete("X-Amz-Expires must be a number of seconds, at most a week.")
        }
        try self.init(
            credential: query["X-Amz-Credential"] ?? "", date: query["X-Amz-Date"] ?? "",
            headers: query["X-Amz-SignedHeaders"] ?? "", signature: query["X-Amz-Signature"] ?? "",
            lifetime: .seconds(seconds))
    }

    private init(
        credential: String, date: String, headers: String, signature: String, lifetime: Span?
    ) throws(SigV4Refusal) {
        let parts = credential.pieces(by: "/", keepingEmpty: true).map(String.init)
        guard parts.count == 5, parts[4] == "aws4_request", !parts[0].isEmpty else {
            throw .incomplete(
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.")
        }
        guard SigV4.instant(date) != nil, date.hasPrefix(parts[1]), parts[1].utf8.count == 8 else {
            throw .incomplete(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP.")
        }
        let names = headers.lowercased().pieces(by: ";").map(String.init)
        guard names.contains("host") else {
            throw .incomplete("'Host' must be a 'SignedHeader' in the AWS Authorization.")
        }
        keyID = parts[0]
        scope = SigV4.Scope(date: date, region: parts[2], service: parts[3])
        signedHeaders = names
        self.signature = signature
        isPresigned = lifetime != nil
        self.lifetime = lifetime ?? SigV4.window
    }

    func sessionToken(of request: Request) -> String? {
        isPresigned
            ? request.parameters["X-Amz-Security-Token"] : request.header(SigV4.tokenHeader)
    }

    /// Five minutes to either side; a signature in the query string is good as long as it says.
    func checkTime(_ now: Instant) throws(SigV4Refusal) {
        guard let signed = SigV4.instant(scope.date) else { throw .mismatch }
        let (here, minutes) = (SigV4.basicDate(now), SigV4.window.milliseconds / 60_000)
        if now - signed > lifetime {
            guard !isPresigned else { throw .expired("Signature expired") }
            let edge = SigV4.basicDate(now - lifetime)
            throw .expired("Signature expired: \(scope.date) is now earlier than \(edge) (\(here) - \(minutes) min.)")
        }
        if signed - now > SigV4.window {
            let edge = SigV4.basicDate(now + SigV4.window)
            throw .expired(
                "Signature not yet current: \(scope.date) is still later than \(edge) (\(here) + \(minutes) min.)")
        }
    }
}

extension SigV4 {
    /// What a signature is good for: a day, a region, a service.
    package struct Scope: Sendable, Hashable {
        /// `20261120T100000Z`.
        let date: String
        package let region: String
        package let service: String

        var day: String { String(date.prefix(8)) }
        /// As the credential and the string to sign have it.
        var text: String { "\(day)/\(region)/\(service)/aws4_request" }

        func check(service wanted: String?, region here: String?) throws(SigV4Refusal) {
            if let wanted, wanted != service {
                throw .scope("Credential should be scoped to correct service: '\(wanted)'. ")
            }
            if let here, here != region { throw .scope("Credential should be scoped to a valid region. ") }
        }
    }

    /// An access key that the service knows, with whose it is.
    package struct KnownKey: Sendable, Hashable {
        package let credentials: Credentials
        package let account: String
        /// ARN of the user or of the role's session.
        package let principal: String
        /// ARN of the role, where the principal is a session of one.
        package let role: String?
        /// End of temporary credentials.
        package let expiresAt: Instant?
        package init(
            _ credentials: Credentials, account: String, principal: String, role: String? = nil,
            expiresAt: Instant? = nil
        ) {
            self.credentials = credentials
            self.account = account
            self.principal = principal
            self.role = role
            self.expiresAt = expiresAt
        }
    }

    /// Reads `20261120T100000Z`; nil for anything else, and for a day that no month has.
    static func instant(_ text: String) -> Instant? {
        let bytes = Array(text.utf8)
        guard bytes.count == 16, bytes[8] == UInt8(ascii: "T"), bytes[15] == UInt8(ascii: "Z") else { return nil }
        func number(_ range: Range<Int>) -> Int64? {
            var value: Int64 = 0
            for byte in bytes[range] {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
                value = value * 10 + Int64(byte - UInt8(ascii: "0"))
            }
            return value
        }
        guard let year = number(0..<4), let month = number(4..<6), let day = number(6..<8), let hour = number(9..<11),
            let minute = number(11..<13), let second = number(13..<15), (1...12).contains(month),
            (1...31).contains(day), hour < 24, minute < 60, second < 60
        else { return nil }
        // Days of the Gregorian calendar, counted from 0000-03-01 so that the leap day ends a year.
        let (shifted, place) = (month > 2 ? year : year - 1, (month + 9) % 12)
        let days = shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + (place * 153 + 2) / 5 + day - 719_469
        let instant = Instant(milliseconds: (days * 86_400 + hour * 3600 + minute * 60 + second) * 1000)
        return basicDate(instant) == text ? instant : nil
    }
}

/// Why a signature is no good, in the words of AWS (AWS IAM user guide, "Troubleshoot Signature Version 4 signing").
package enum SigV4Refusal: Error, Hashable, Sendable {
    case missing
    case incomplete(String)
    case unrecognizedClient
    case expiredToken
    case scope(String)
    case expired(String)
    case mismatch

    /// What `x-amzn-ErrorType` says.
    package var code: String {
        switch self {
        case .missing: "MissingAuthenticationTokenException"
        case .incomplete: "IncompleteSignatureException"
        case .unrecognizedClient: "UnrecognizedClientException"
        case .expiredToken: "ExpiredTokenException"
        case .scope, .expired, .mismatch: "InvalidSignatureException"
        }
    }

    package var status: Int { if case .incomplete = self { 400 } else { 403 } }

    package var message: String {
        switch self {
        case .missing: "Missing Authentication Token"
        case .incomplete(let text), .scope(let text), .expired(let text): text
        case .unrecognizedClient: "The security token included in the request is invalid."
        case .expiredToken: "The security token included in the request is expired"
        case .mismatch:
            """
            The request signature we calculated does not match the signature you provided. Check your AWS Secret \
            Access Key and signing method. Consult the service documentation for details.
            """
        }
    }

    /// The refusal as it goes out.
    package func response(requestID: String) -> Response {
        .json(
            status, ["message": .string(message)],
            headers: [AWSError.typeHeader: code, AWSError.requestIDHeader: requestID])
    }
}
