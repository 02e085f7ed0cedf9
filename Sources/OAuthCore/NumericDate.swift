package import Kernel

extension Instant {
    /// A NumericDate (RFC 7519 section 2): seconds since 1970, whole or not, as `exp`, `nbf` and `iat` have them. nil
    /// for what is no number, and for a time before 1970 or after the year 9999: that is a forger's number.
    package init?(numericDate claim: JSONValue?) {
        guard let seconds = claim?.double, (0...253_402_300_799).contains(seconds) else { return nil }
        self.init(milliseconds: Int64(seconds * 1000))
    }
}
