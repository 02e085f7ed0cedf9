/// A moment of world time: whole milliseconds since 1970-01-01T00:00:00Z.
package struct Instant: Hashable, Sendable, Codable, Comparable {
    package var milliseconds: Int64
    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    package static func < (left: Instant, right: Instant) -> Bool { left.milliseconds < right.milliseconds }
    package static func + (instant: Instant, span: Span) -> Instant {
        Instant(milliseconds: instant.milliseconds + span.milliseconds)
    }
    package static func - (instant: Instant, span: Span) -> Instant {
        Instant(milliseconds: instant.milliseconds - span.milliseconds)
    }
    package static func - (left: Instant, right: Instant) -> Span {
        Span(milliseconds: left.milliseconds - right.milliseconds)
    }

    /// Whole seconds, rounded down: a JWT's NumericDate.
    package var seconds: Int64 { milliseconds >= 0 ? milliseconds / 1000 : (milliseconds - 999) / 1000 }

    /// Seconds with a fraction: how the identity operations of AWS send a time.
    package var epochSeconds: Double { Double(milliseconds) / 1000 }

    /// `2026-11-20T10:00:00.123Z`; without the fraction when it is zero: how the gateway operations of AWS send a time.
    package var iso8601: String {
        let days = (seconds - seconds.remainder(86_400)) / 86_400
        let (year, month, day) = civil(fromDays: days)
        let clock = seconds.remainder(86_400)
        let thousandths = milliseconds.remainder(1000)
        // Beyond four digits a year stands as it is (RFC 3339 has none such).
        let shortYear = (0...9999).contains(year) ? nil : String(year)
        return String(unsafeUninitializedCapacity: 24 + (shortYear?.utf8.count ?? 0)) { target in
            var digits = Digits(target: target)
            if let shortYear { digits.put(shortYear) } else { digits.put(year, 4) }
            digits.put("-", month, 2)
            digits.put("-", day, 2)
            digits.put("T", clock / 3600, 2)
            digits.put(":", clock % 3600 / 60, 2)
            digits.put(":", clock % 60, 2)
            if thousandths != 0 { digits.put(".", thousandths, 3) }
            digits.put("Z")
            return digits.count
        }
    }
}

/// Writes numbers of a fixed width, one after the other.
private struct Digits {
    let target: UnsafeMutableBufferPointer<UInt8>
    var count = 0

    mutating func put(_ text: String) {
        for byte in text.utf8 {
            target[count] = byte
            count += 1
        }
    }

    mutating func put(_ mark: Unicode.Scalar, _ number: Int64, _ width: Int) {
        target[count] = UInt8(ascii: mark)
        count += 1
        put(number, width)
    }

    mutating func put(_ number: Int64, _ width: Int) {
        var rest = number
        for place in (count..<count + width).reversed() {
            target[place] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
        count += width
    }
}

/// A length of world time in milliseconds; may be negative.
package struct Span: Hashable, Sendable, Codable, Comparable {
    package var milliseconds: Int64
    package init(milliseconds: Int64) { self.milliseconds = milliseconds }
    package static func milliseconds(_ count: Int64) -> Span { Span(milliseconds: count) }
    package static func seconds(_ count: Int64) -> Span { Span(milliseconds: count * 1000) }
    package static func minutes(_ count: Int64) -> Span { .seconds(count * 60) }
    package static let zero = Span(milliseconds: 0)
    package static func < (left: Span, right: Span) -> Bool { left.milliseconds < right.milliseconds }

    /// Reads `500ms`, `90s`, `11m`, `2h`, `1d`, each with an optional minus; nil for anything else.
    package init?(_ text: String) {
        let units: [(String, Int64)] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)]
        for (unit, factor) in units where text.hasSuffix(unit) {
            guard let count = Int64(text.dropLast(unit.count)) else { continue }
            let (product, overflow) = count.multipliedReportingOverflow(by: factor)
            guard !overflow, abs(product) <= Span.longest else { return nil }
            self.init(milliseconds: product)
            return
        }
        return nil
    }

    /// A hundred years: more is a slip of the pen, and would overflow a date.
    private static let longest: Int64 = 100 * 366 * 86_400_000
}

extension Int64 {
    /// Remainder that is never negative.
    fileprivate func remainder(_ divisor: Int64) -> Int64 {
        let rest = self % divisor
        return rest < 0 ? rest + divisor : rest
    }
}

/// Gregorian date of a day number, by the era arithmetic that needs no table.
private func civil(fromDays days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthShifted = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * monthShifted + 2) / 5 + 1
    let month = monthShifted < 10 ? monthShifted + 3 : monthShifted - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
}
