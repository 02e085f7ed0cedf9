package import Kernel

/// The date of a cookie's `Expires`, in whatever form it comes (RFC 6265 section 5.1.1).
package enum CookieDate {
    /// Nil for what is no date; a browser takes no notice of it then.
    package static func instant(_ text: String) -> Instant? {
        var clock: (hour: Int, minute: Int, second: Int)?
        var (day, month, year): (Int?, Int?, Int?) = (nil, nil, nil)
        for token in text.utf8.split(whereSeparator: isDelimiter).map({ Substring($0) }) {
            // Each token is the first of these that is still wanted.
            if clock == nil, let found = time(token) {
                clock = found
            } else if day == nil, let found = leading(1...2, of: token) {
                day = found
            } else if month == nil, let found = months.firstIndex(of: token.prefix(3).lowercased()) {
                month = found + 1
            } else if year == nil, let found = leading(2...4, of: token) {
                year = found < 70 ? found + 2000 : found < 100 ? found + 1900 : found
            }
        }
        guard let clock, let day, let month, let year, (1...31).contains(day), year >= 1601, clock.hour < 24,
            clock.minute < 60, clock.second < 60, day <= days(of: month, year)
        else { return nil }
        let seconds = (daysBefore(year, month) + day - 1) * 86_400 + clock.hour * 3600 + clock.minute * 60
        return Instant(milliseconds: Int64(seconds + clock.second) * 1000)
    }

    private static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

    /// Everything but digits, letters, the colon and what is not ASCII.
    private static func isDelimiter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x09, 0x20...0x2F, 0x3B...0x40, 0x5B...0x60, 0x7B...0x7E: true
        default: false
        }
    }

    /// The number of so many digits with which a token begins, behind which no further digit stands.
    private static func leading(_ lengths: ClosedRange<Int>, of token: Substring) -> Int? {
        let digits = token.utf8.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return lengths.contains(digits.count) ? Int(Substring(digits)) : nil
    }

    private static func time(_ token: Substring) -> (hour: Int, minute: Int, second: Int)? {
        let parts = token.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count > 2, let hour = Int(parts[0]), let minute = Int(parts[1]),
            parts[..<2].allSatisfy({ leading(1...2, of: $0) != nil }), let second = leading(1...2, of: parts[2])
        else { return nil }
        return (hour, minute, second)
    }

    private static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    private static func days(of month: Int, _ year: Int) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days from 1970-01-01 to the first of a month.
    private static func daysBefore(_ year: Int, _ month: Int) -> Int {
        let past = year - 1
        let years = past * 365 + past / 4 - past / 100 + past / 400 - 719_162
        return (1..<month).reduce(years) { $0 + days(of: $1, year) }
    }
}
