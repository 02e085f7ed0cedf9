import Serve
import Testing

@testable import Command

struct ServedSessionTests {
    /// Of `exec` too, which has no flag for it: a lab that keeps all has no bound in bytes either.
    @Test func journalIsBoundUnlessSomebodyWantsAllOfIt() {
        let log = ServeLog(format: .text, isQuiet: true)
        let session = ServedSession(lab: "default", root: ".", plan: PortPlan(base: 0), log: log)
        #expect(session.journalKeep == ServeOrders.usual.journalKeep)
    }
}
