import Foundation

/// What the console costs a reader when the journal is long, and how far it is behind.
struct ConsoleBench {
    private let options: BenchOptions
    private static let port = 25_680
    private static let exchanges = 10_000
    /// Of a sign-in; the rest are requests without a secret.
    private static let signIns = 500
    private static let rounds = 20

    init(_ options: BenchOptions) { self.options = options }

    func measure(into table: inout FigureTable) throws {
        try measureHelp(into: &table)
        let served = try Neighbour.own(root: options.root, port: Self.port)
        defer { served.end() }
        let (provider, console) = (try WireClient(port: Self.port + 2), try WireClient(port: Self.port + 6))
        for _ in 0..<Self.signIns { try signIn(console) }
        // A sign-in is four messages.
        for _ in 0..<(Self.exchanges - 4 * Self.signIns) {
            _ = try provider.call("GET", "/.well-known/openid-configuration", [])
        }
        try measurePages(provider, console, into: &table)
    }

    private func signIn(_ console: WireClient) throws {
        let answer = try console.call(
            "POST", "/_local/sign-in", ["Content-Type: application/json"], #"{"user":"alice","client":"web"}"#)
        guard answer.status == 200 else { throw BenchFailure("a sign-in was answered with \(answer.status)") }
    }

    private func measurePages(
        _ provider: WireClient, _ console: WireClient, into table: inout FigureTable
    ) throws {
        let clock = ContinuousClock()
        // What a browser needs before it paints: the page, made for the first time, and its style.
        let begun = clock.now
        let page = try console.call("GET", "/", [])
        _ = try console.call("GET", "/console.css", [])
        let first = Measure.microseconds(clock.now - begun) / 1000
        guard page.status == 200 else { throw BenchFailure("the console was answered with \(page.status)") }
        table.add(
            Figure(
                name: "console, first page and style", value: first, unit: "ms", budget: 300,
                remark: "\(Self.exchanges) exchanges in the journal, \(Self.signIns) sign-ins among them"))
        var lags: [Double] = []
        let stream = try WireClient(port: Self.port + 6)
        _ = try stream.open("/live", [])
        for _ in 0..<Self.rounds {
            try signIn(console)
            let done = clock.now
            try stream.await("data: ")
            _ = try console.call("GET", "/", [])
            lags.append(Measure.microseconds(clock.now - done) / 1000)
        }
        table.add(
            Figure(
                name: "console, how far it is behind", value: lags.max() ?? 0, unit: "ms", budget: 100,
                remark: "from a sign-in's answer to the event and the new page; worst of \(Self.rounds), "
                    + "median \(Measure.median(lags)) ms"))
    }

    private func measureHelp(into table: inout FigureTable) throws {
        let binary = try ServedProcess.binary()
        let clock = ContinuousClock()
        let times = try (0...Measure.samples).map { _ in
            let begun = clock.now
            var status: Int32 = 0
            waitpid(try ServedProcess.spawn(binary, ["--help"]), &status, 0)
            return Measure.microseconds(clock.now - begun) / 1000
        }
        table.add(
            Figure(
                name: "--help", value: Measure.median(Array(times.dropFirst())), unit: "ms", budget: 15,
                remark: "from spawn to its end"))
    }
}
