import Console
import Control
import HTTPTypes
import Harness
import Kernel
import Serve

/// A lab behind sockets: its clock follows the machine's, and whoever calls from a socket is outside it.
struct ServedLab: Sendable {
    private let lab: Lab
    private let control: ControlOrigin
    private let console: Console
    private let log: ServeLog

    init(_ lab: Lab, log: ServeLog) {
        self.lab = lab
        let control = ControlOrigin(lab: lab, version: Version.current)
        self.control = control
        console = Console(lab: lab, formSecret: Host.formSecret()) { await control.respond(to: $0) }
        self.log = log
    }

    var answer: PartyAnswer {
        { request, party in try await respond(to: request, party) }
    }

    /// Lets the machine's time into the lab.
    @Sendable func beat() async {
        await lab.follow(host: Host.now)
        console.noticed()
    }

    private func respond(to request: Request, _ party: Party) async throws -> Response {
        await beat()
        defer { console.noticed() }
        if party == .console, let response = await console.answer(request) { return response }
        if party != .console || request.method != .get && request.method != .head { console.willAct() }
        // What a test asks the lab itself is no message between parties.
        if let response = await control.answer(request, at: party) { return response }
        do {
            let response = try await lab.network.deliver(request, to: party, from: .outside)
            log.request(request, to: party, answered: response.status, at: lab.clock.now)
            return response
        } catch {
            log.request(request, to: party, answered: nil, at: lab.clock.now)
            throw error
        }
    }
}
