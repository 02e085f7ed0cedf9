import AWSCore
import HTTPTypes
import Kernel
import MCPCore
import OAuthCore
import Testing

/// What a gateway fetches because a configuration or a document says so (ledger `A24`).
@Suite struct PublicDocumentTests {
    private static let list = JSONRPC.request(.int(7), "tools/list")

    @Test(
        "An address inside a network in any way of writing it",
        arguments: [
            "localhost", "x.localhost", "127.0.0.1", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
            "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "2852039166", "0xa9fea9fe",
            "0251.0376.0251.0376", "127.1", "10.1", "[::1]", "[fe80::1]", "[fd00::1]", "[::ffff:10.0.0.1]",
            "metadata.google.internal", "printer.local", "intranet", "idp.example.com.", "169.254.169.0254",
        ])
    func inside(_ host: String) {
        #expect(HostName.isInside(host), "\(host)")
    }

    @Test(
        "An address outside",
        arguments: ["idp.example.com", "8.8.8.8", "172.32.0.1", "a.b.c.amazonaws.com", "x.1password.com"])
    func outside(_ host: String) {
        #expect(!HostName.isInside(host), "\(host)")
    }

    /// What the provider answers for its discovery document, and what the journal says.
    static let answers: [(Response, String)] = [
        (.json(200, ["issuer": .string(String(repeating: "x", count: 2_000_000))]), "longer than 1 MB"),
        (Response(302, headers: [.location: "https://idp.test/elsewhere"]), "answered with 302"),
        (Response(500), "answered with 500"),
        (Response(200, body: Array("<html>".utf8)), "no JSON object"),
        (.json(200, ["a list"]), "no JSON object"),
    ]

    @Test("A document that is long, moved, broken or none lets nobody in", arguments: answers.indices)
    func badDocuments(_ index: Int) async throws {
        let (answer, reason) = Self.answers[index]
        let lab = try TestLab()
        try lab.makeGateway()
        let token = try await lab.token()
        lab.idp.answer { _ in answer }
        #expect(try await lab.send(Self.list, token: token).status == 401)
        let notes = lab.store.journal().compactMap { entry -> String? in
            if case .note(let note) = entry.event { note.text } else { nil }
        }
        #expect(notes.contains { $0.contains(reason) }, "\(notes)")
        #expect(lab.idp.paths == ["/.well-known/openid-configuration"], "no redirect is followed")
    }

    @Test("A token of a megabyte is refused unread")
    func longToken() async throws {
        let lab = try TestLab()
        try lab.makeGateway()
        let token = try await lab.token(["padding": .string(String(repeating: "x", count: 1 << 20))])
        #expect(try await lab.send(Self.list, token: token).status == 401)
        #expect(lab.idp.paths.isEmpty)
    }
}
