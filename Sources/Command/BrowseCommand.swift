import ArgumentParser
import Foundation
import Kernel
import Serve

/// The browser that `run --client` gives a client: a person walks from the link to its end. Nobody else needs it.
///
/// Where the walk ends at an address outside the lab, it is printed: `--back` then takes the answer there, which waits
/// until the client listens.
struct BrowseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "browse", abstract: "Open a link as a person of a served lab would.", shouldDisplay: false)

    @OptionGroup var place: LabPlace

    @Option(help: "Who opens it.")
    var user = "alice"

    @Flag(help: "Take the answer back to the client.")
    var back = false

    @Argument(help: "The link.")
    var link: String

    func run() throws {
        guard let parts = URLParts(link), ["http", "https"].contains(parts.scheme) else { return }
        // What a client's own page says is no JSON, and nobody's concern.
        if back {
            _ = try? ConsoleClient.get(parts.origin, parts.target)
            return
        }
        let endpoints = try place.endpoints()
        let body: JSONValue = ["url": .string(link), "user": .string(user)]
        let answer = try ConsoleClient.post(endpoints["console"]?.string ?? "", "/_local/consent", body).body
        guard let landed = answer["landed"]?.string, let end = URLParts(landed), end.isLoopback else { return }
        let isOwn = (endpoints.object?.members ?? []).contains { $0.value == .string(end.origin) }
        if !isOwn { Terminal.write(landed) }
    }
}
