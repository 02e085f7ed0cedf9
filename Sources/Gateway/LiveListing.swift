import AWSCore
import Kernel
import MCPCore

/// The tools of a DYNAMIC target, read at the moment they are listed (ledger `gateway-dynamic-listing`).
struct LiveListing {
    private let endpoint: Endpoint
    private let target: TargetRecord

    init(_ endpoint: Endpoint, _ target: TargetRecord) {
        self.endpoint = endpoint
        self.target = target
    }

    /// None while the target gives none: one target that is down does not take the others' tools away.
    func tools() async -> [ServedTool] {
        guard target.isServed(endpoint.serving), let address = target.mcpServer?["endpoint"]?.string
        else { return [] }
        do throws(CrawlFailure) {
            let credential = try await endpoint.gateway.credential(for: target, userID: nil)
            let crawler = Crawler(
                network: TargetPort(endpoint, target, credential),
                limit: endpoint.gateway.settings.quotas.toolsPerTarget)
            return target.served(try await crawler.catalogue(at: address).tools)
        } catch {
            endpoint.world.note("the tools of DYNAMIC target \(target.name) could not be listed: \(error.reason)")
            return []
        }
    }
}
