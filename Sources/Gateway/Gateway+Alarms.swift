import AWSCore
package import Kernel
import MCPCore

// What the gateway does for a target when nobody waits: after a consent, or where none is needed.
extension Gateway {
    package func alarmFired(_ alarm: Alarm) async {
        if alarm.label.hasPrefix(PendingCalls.alarm) { return await pending.lookAfter(alarm.label) }
        if alarm.label.hasPrefix(PendingCalls.patience) { return pending.giveUp(alarm.label) }
        if SessionWatch.look(alarm, world) { return }
        guard let alarm = GatewayAlarm(label: alarm.label) else {
            return world.note("an alarm nobody understands was let ring")
        }
        switch alarm {
        case .crawl(let address):
            guard let target = find(address), target.status.isWorking else { return }
            // U27: a crawl without a consent of its own goes by an earlier one where the lab says so.
            let isReused = world.switches.isOn(.consentReused) && target.oauth?.grant == .authorizationCode
            await crawl(target, userID: isReused ? target.formerAuthorization?.userID : nil)
        case .consentCompleted(let address, let session):
            await consentCompleted(address, session)
        case .consentFailed(let address, let session, let reason):
            consentFailed(address, session, reason, cause: "consent failed")
        case .consentLapsed(let address, let session):
            // U4: what the real gateway does then is not known.
            guard world.switches.choice(.pendingOnExpiry) == "fail" else { return }
            let reason = "Authorization timed out before the user completed it."
            consentFailed(address, session, reason, cause: "consent lapsed")
        case .changed(let gateway): changed(gateway)
        }
    }

    /// Tools came or went: the standing streams say so. Or the gateway itself is gone: then its sessions are, and their
    /// streams end.
    private func changed(_ gateway: GatewayID) {
        // Hardly anybody is connected when a gateway is deleted.
        guard world.store.mayHold(MCPSession.self) else { return }
        _ = try? world.store.write { transaction in
            guard transaction.find(GatewayRecord.self, gateway) == nil else {
                return transaction.tellToolsChanged(at: gateway)
            }
            for session in transaction.find(MCPSession.self, where: "server", is: Endpoint.name(of: gateway)) {
                pending.drop(callsOf: session, in: &transaction)
                transaction.end(session)
            }
        }
    }

    private func find(_ address: TargetAddress) -> TargetRecord? {
        let found = try? world.store.write { $0.find(TargetRecord.self, address.target) }
        return found?.gateway == address.gateway ? found : nil
    }

    private func consentCompleted(_ address: TargetAddress, _ session: String) async {
        guard let (authorization, moved) = move(address, session, by: .consentCompleted, cause: "consent completed")
        else { return }
        await crawl(moved, userID: authorization.userID)
    }

    private func consentFailed(_ address: TargetAddress, _ session: String, _ reason: String, cause: String) {
        _ = move(address, session, by: .consentFailed(reason: reason), cause: cause)
    }

    /// Moves the target, if it waits for exactly this session: a word about an older one changes nothing. The machine
    /// forgets the authorization as the target leaves the pending status; whose token to fetch is known here.
    private func move(
        _ address: TargetAddress, _ session: String, by event: TargetMachine.Event, cause: String
    ) -> (authorization: TargetAuthorization, moved: TargetRecord)? {
        let now = world.clock.now
        return try? world.store.write { transaction -> (authorization: TargetAuthorization, moved: TargetRecord)? in
            guard let target = transaction.find(TargetRecord.self, address.target), target.gateway == address.gateway,
                target.status.isPendingAuth, let authorization = target.authorization,
                authorization.sessionURI == session
            else { return nil }
            return (authorization, try transaction.apply(event, to: target, cause: cause, at: now).0)
        }
    }

    /// Reads the catalogue and settles the target either way.
    private func crawl(_ target: TargetRecord, userID: String?) async {
        do throws(CrawlFailure) {
            let credential = try await credential(for: target, userID: userID)
            guard let endpoint = target.mcpServer?["endpoint"]?.string else {
                throw CrawlFailure(reason: Crawler.prefixed("This type of target is not emulated"))
            }
            let crawler = Crawler(
                network: TargetPort(gateway: self, target: target, credential: credential),
                limit: settings.quotas.toolsPerTarget)
            settle(target, .success(try await crawler.catalogue(at: endpoint)))
        } catch {
            settle(target, .failure(error))
        }
    }

    /// The administrator's token after a consent, what the machine has itself where no person is needed (T4, T5).
    func credential(
        for target: TargetRecord, userID: String?
    ) async throws(CrawlFailure) -> OutboundCredential {
        let found = try? world.store.write { $0.find(GatewayRecord.self, target.gateway) }
        let reason: String
        do throws(ToolFailure) {
            guard let record = found else { throw ToolFailure.tool(cause: "no gateway") }
            if let userID { return .bearer(try await administratorsToken(for: target, userID)) }
            return try await CredentialSource(gateway: self, record: record).machineCredential(of: target)
        } catch {
            reason = error.cause
        }
        world.note("no credential for reading the catalogue of target \(target.id): \(reason)")
        throw CrawlFailure(reason: Crawler.prefixed("Authorization error when sending message"))
    }

    private func administratorsToken(for target: TargetRecord, _ userID: String) async throws(ToolFailure) -> Secret {
        guard let oauth = target.oauth else { throw .tool(cause: "no OAuth provider") }
        do throws(IdentityFailure) {
            let workload = try await identity.workloadToken(WorkloadName(target.gateway.rawValue), userID: userID)
            let extra = oauth.defaultReturnURL.map { ["resourceOauth2ReturnUrl": .string($0)] as JSONObject }
            let outcome = try await identity.resourceToken("USER_FEDERATION", oauth, workload: workload, extra ?? [:])
            return try outcome.token()
        } catch {
            throw .tool(cause: error.cause)
        }
    }

    private func settle(_ crawled: TargetRecord, _ outcome: Result<Crawler.Catalogue, CrawlFailure>) {
        let now = world.clock.now
        _ = try? world.store.write { transaction in
            // It may have been deleted, or moved on, while the network was asked.
            guard let target = transaction.find(TargetRecord.self, crawled.id), target.state == crawled.state,
                target.updatedAt == crawled.updatedAt
            else { return }
            switch outcome {
            case .success(let read):
                transaction.save(CatalogueRecord(id: target.id, gateway: target.gateway, tools: read.tools))
                let offer = OfferRecord(
                    id: target.id, prompts: read.prompts, resources: read.resources, templates: read.templates)
                if offer.isEmpty { transaction.remove(OfferRecord.self, target.id) } else { transaction.save(offer) }
                _ = try transaction.apply(.crawlSucceeded, to: target, cause: "catalogue read", at: now)
                transaction.tellToolsChanged(at: target.gateway)
            case .failure(let failure):
                let event = TargetMachine.Event.crawlFailed(reason: failure.reason)
                _ = try transaction.apply(event, to: target, cause: "catalogue not read", at: now)
            }
        }
    }
}
