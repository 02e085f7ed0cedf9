import Foundation
import Kernel
import Outbound
import Testing

@Suite struct LocalCommandsTests {
    @Test func inputBecomesOutput() async throws {
        let input = Array(repeating: UInt8(ascii: "x"), count: 300_000)
        #expect(try await LocalCommands().run(["cat"], input: input) == input)
    }

    @Test("What a command started and left behind ends too", .timeLimit(.minutes(10)))
    func stragglers() async throws {
        let said = try await LocalCommands(limit: 1).run(["sh", "-c", "sleep 100000 & echo hi"], input: [])
        #expect(String(decoding: said, as: UTF8.self) == "hi\n")
    }

    @Test(
        "What goes wrong is told and ends", .timeLimit(.minutes(10)),
        arguments: [
            (["no-such-command-here"], "status 127"), (["sh", "-c", "exit 3"], "status 3"),
            (["sleep", "60"], "ended after"), (["sh", "-c", "head -c 5000 /dev/zero"], "too long"),
        ] as [([String], String)])
    func faults(_ command: [String], _ reason: String) async throws {
        let runner = LocalCommands(limit: 1, longest: 1000)
        do throws(CommandFault) {
            _ = try await runner.run(command, input: [])
            Issue.record("\(command) gave an answer")
        } catch {
            #expect(error.reason.contains(reason))
        }
    }
}
