import IdentityService
import Testing

@Suite struct AuthorizationSessionMachineTests {
    typealias Machine = AuthorizationSessionMachine

    @Test(arguments: [
        (Machine.State.issued, Machine.Event.opened, Machine.State.atProvider),
        (.atProvider, .codeReturned, .codeReceived), (.codeReceived, .completed, .bound),
        (.atProvider, .refused(reason: "x"), .failed), (.codeReceived, .exchangeFailed(reason: "x"), .failed),
        (.issued, .lapsed, .failed), (.atProvider, .lapsed, .failed), (.codeReceived, .lapsed, .failed),
        (.issued, .superseded, .superseded), (.codeReceived, .superseded, .superseded),
    ])
    func step(from: Machine.State, event: Machine.Event, to: Machine.State) throws {
        #expect(try Machine.reduce(from, event).0 == to)
    }

    @Test(arguments: [
        (Machine.State.issued, Machine.Event.codeReturned), (.issued, .completed), (.atProvider, .completed),
        (.bound, .lapsed), (.bound, .superseded), (.failed, .opened), (.failed, .codeReturned), (.failed, .completed),
        (.superseded, .completed), (.superseded, .opened), (.bound, .exchangeFailed(reason: "x")),
    ])
    func nothing(from: Machine.State, event: Machine.Event) {
        #expect(throws: Machine.Rejection.self) { try Machine.reduce(from, event) }
    }

    /// From each state, each event either throws or lands in a listed state; nothing leaves an end.
    @Test func walk() {
        let events: [Machine.Event] = [
            .opened, .codeReturned, .refused(reason: "x"), .completed, .exchangeFailed(reason: "x"), .lapsed,
            .superseded,
        ]
        for state in Machine.State.allCases {
            for event in events {
                guard let (next, effects) = try? Machine.reduce(state, event) else { continue }
                if !state.isPending { #expect(next == state) }
                if next == .bound { #expect(effects == [.settle]) }
            }
        }
    }
}
