import ArgumentParser
import Kernel
import Testing

@testable import Command

/// The short reading of `serve` says what the parser says, or leaves it to the parser.
@Suite struct PlainServeTests {
    /// What the parser makes of it; nil where it refuses.
    private static func parsed(_ words: [String]) throws -> ServeOrders? {
        guard let command = try? AgentcoreLocal.parseAsRoot(words) as? ServeCommand else { return nil }
        return try command.orders()
    }

    /// Every flag of `serve`, as the parser tells them.
    private static func flags() throws -> [String] {
        let help = try JSONValue(parsing: ServeCommand._dumpHelp())
        let arguments = try #require(help["command"]?["arguments"]?.array)
        return arguments.flatMap { $0["names"]?.array ?? [] }.compactMap { $0["name"]?.string }.map { "--\($0)" }
    }

    private static let values = [
        "", "0", "5", "+5", "-5", " 5", "5.0", "0x10", "65529", "65530", "18446744073709551615", "default", "eddsa",
        "a b", "a=b", "-", "--", "--quiet", "text", "json", "idp.test=idp", "é",
    ]

    @Test func isReadAsTheParserReadsIt() throws {
        var readings = 0
        for flag in try Self.flags() {
            let alone = [["serve", flag], ["serve", flag, flag], ["serve", "--quiet", flag]]
            let valued = Self.values.flatMap { value in
                [
                    ["serve", flag, value], ["serve", "\(flag)=\(value)"],
                    ["serve", flag, value, flag, "7", "--quiet"],
                ]
            }
            for words in alone + valued {
                guard let plain = ServeOrders(plain: words) else { continue }
                #expect(try plain == Self.parsed(words), "\(words)")
                readings += 1
            }
        }
        #expect(readings > 50)
    }

    @Test func readsTheFormsInWhichTestsAndScriptsStartIt() throws {
        #expect(ServeOrders(plain: ["serve"]) == .usual)
        let words = [
            "serve", "--port-base", "0", "--quiet", "--lab", "eddsa", "--root", "/a", "--data", "b", "--seed", "3",
            "--journal-keep", "9", "--endpoints-file", "c",
        ]
        let orders = try #require(ServeOrders(plain: words))
        #expect(try orders == Self.parsed(words))
        #expect(orders != .usual)
    }

    @Test(arguments: [
        [], ["run"], ["--quiet", "serve"], ["serve", "--port-base"], ["serve", "--port-base", "70000"],
        ["serve", "lab"],
        ["serve", "--help"], ["serve", "--quiet=1"], ["serve", "--prot-base", "1"], ["serve", "--", "--quiet"],
    ])
    func leavesTheRestToTheParser(words: [String]) { #expect(ServeOrders(plain: words) == nil) }
}
