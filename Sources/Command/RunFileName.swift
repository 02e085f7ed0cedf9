import Harness
import Kernel

/// What the files of a run are called: `scenarios_flow_method-2` of `scenarios/flow/method-2.yaml`. No two runs have
/// the same name: where letters have to give way that another run's could give way to as well, a hash of the whole name
/// keeps them apart.
struct RunFileName: CustomStringConvertible {
    let description: String

    /// Names of files have at most 255 bytes on most systems; there is room for a seed, an ending and a hash.
    private static let longest = 180

    init(_ run: some ReportRow) {
        let name = run.name
        let bare = name.replacing(".yaml", by: "")
        let shown = bare.map { letter -> Character in
            if letter == "_" { return "~" }
            return letter.isLetter || letter.isNumber || letter == "-" || letter == "=" ? letter : "_"
        }
        var cut = String(shown)
        while cut.utf8.count > Self.longest { cut.removeLast() }
        description = Self.isPlain(run) && cut.count == shown.count ? cut : "\(cut).\(String(hash64(name), radix: 16))"
    }

    /// Whether only slashes give way, and the marks around and between plain values of a matrix.
    private static func isPlain(_ run: some ReportRow) -> Bool {
        func isPlain(_ text: Substring) -> Bool {
            !text.isEmpty
                && text.utf8.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                        true
                    default: false
                    }
                }
        }
        guard run.path.hasSuffix(".yaml") else { return false }
        let parts = run.path.dropLast(".yaml".count).split(separator: "/", omittingEmptySubsequences: false)
        // The values of a cell stand between commas with a blank.
        let values = run.cellText.isEmpty ? [] : run.cellText.pieces(by: ",").map { $0.drop { $0 == " " } }
        // An absolute path begins with nothing.
        return parts.drop { $0.isEmpty }.allSatisfy(isPlain) && parts.prefix { $0.isEmpty }.count < 2
            && values.allSatisfy { value in
                let sides = value.split(separator: "=", omittingEmptySubsequences: false)
                return sides.count == 2 && sides.allSatisfy(isPlain)
            }
    }
}
