import AWSCore
import Kernel
import MCPCore

/// What a DYNAMIC target offers, read at the moment it is listed (ledger `gateway-dynamic-listing`).
struct LiveListing {
    private let endpoint: Endpoint
    private let target: TargetRecord

    init(_ endpoint: Endpoint, _ target: TargetRecord) {
        self.endpoint = endpoint
        self.target = target
    }

    func tools() async -> [ServedTool] {
        guard let catalogue = await read([.tools]) else { return [] }
        return target.served(catalogue.tools)
    }

    /// Prompts, resources or templates, as many of them as are asked for.
    func offer(_ parts: Set<Crawler.Part>) async -> OfferRecord? {
        guard let catalogue = await read(parts) else { return nil }
        return OfferRecord(
            id: target.id, prompts: catalogue.prompts, resources: catalogue.resources, templates: catalogue.templates)
    }

    /// Nil while the target gives nothing: one that is down does not take away what the others have.
    private func read(_ parts: Set<Crawler.Part>) async -> Crawler.Catalogue? {
        guard target.isServed(endpoint.serving), let address = target.mcpServer?["endpoint"]?.string
        else { return nil }
        do throws(CrawlFailure) {
            let credential = try await endpoint.gateway.credential(for: target, userID: nil)
            let crawler = Crawler(
                network: TargetPort(endpoint, target, credential),
                limit: endpoint.gateway.settings.quotas.toolsPerTarget)
            return try await crawler.read(parts, at: address)
        } catch {
            endpoint.world.note("what DYNAMIC target \(target.name) offers could not be listed: \(error.reason)")
            return nil
        }
    }
}
