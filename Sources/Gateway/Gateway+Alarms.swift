import AWSCore
package import Kernel

// What the gateway does for a target when nobody waits: after a consent, or where none is needed.
extension Gateway {
    package func alarmFired(_ alarm: Alarm) async {
        guard let alarm = GatewayAlarm(label: alarm.label) else {
            return world.note("an alarm nobody understands was let ring")
        }
        switch alarm {
        case .crawl(let address):
            guard let target = find(address), target.status.isWorking else { return }
            await crawl(target, userID: nil)
        case .consentCompleted(let address, let session):
            await consentCompleted(address, session)
        case .consentFailed(let address, let session, let reason):
            consentFailed(address, session, reason, cause: "consent failed")
        case .consentLapsed(let address, let session):
            // U4: what the real gateway does then is not known.
            guard world.switches.choice(.pendingOnExpiry) == "fail" else { return }
            consentFailed(address, session, "The authorization was not completed in time.", cause: "consent lapsed")
        }
    }

    private func find(_ address: TargetAddress) -> TargetRecord? {
        let found = try? world.store.write { $0.find(TargetRecord.self, address.target) }
        return found?.gateway == address.gateway ? found : nil
    }

    /// The target, if it waits for exactly this session: a word about an older one changes nothing.
    private func pending(_ address: TargetAddress, _ session: String) -> TargetRecord? {
        guard let target = find(address), target.status.isPendingAuth,
            target.authorization?.sessionURI == session
        else { return nil }
        return target
    }

    private func consentCompleted(_ address: TargetAddress, _ session: String) async {
        guard let target = pending(address, session), let authorization = target.authorization else { return }
        // The machine forgets the authorization as it leaves the pending status; whose token to fetch is known here.
        guard let moved = move(target, by: .consentCompleted, cause: "consent completed") else { return }
        await crawl(moved, userID: authorization.userID)
    }

    private func consentFailed(_ address: TargetAddress, _ session: String, _ reason: String, cause: String) {
        guard let target = pending(address, session) else { return }
        _ = move(target, by: .consentFailed(reason: reason), cause: cause)
    }

    private func move(_ target: TargetRecord, by event: TargetMachine.Event, cause: String) -> TargetRecord? {
        let now = world.clock.now
        return try? world.store.write { try $0.apply(event, to: target, cause: cause, at: now).0 }
    }

    /// Reads the catalogue and settles the target either way.
    private func crawl(_ target: TargetRecord, userID: String?) async {
        do throws(CrawlFailure) {
            let token = try await token(for: target, userID: userID)
            guard let endpoint = target.mcpServer?["endpoint"]?.string else {
                throw CrawlFailure(reason: Crawler.prefixed("This type of target is not emulated"))
            }
            let crawler = Crawler(world: world, limit: settings.quotas.toolsPerTarget)
            settle(target, .success(try await crawler.tools(at: endpoint, token: token)))
        } catch {
            settle(target, .failure(error))
        }
    }

    /// The administrator's token after a consent, the machine's own token where no person is needed (T4, T5).
    private func token(for target: TargetRecord, userID: String?) async throws(CrawlFailure) -> Secret? {
        guard let oauth = target.oauth else { return nil }
        let workloadName = WorkloadName(target.gateway.rawValue)
        do throws(IdentityFailure) {
            let outcome: ResourceToken
            if let userID {
                let workload = try await identity.workloadToken(workloadName, userID: userID)
                let extra = oauth.defaultReturnURL.map { ["resourceOauth2ReturnUrl": .string($0)] as JSONObject }
                outcome = try await identity.resourceToken(
                    "USER_FEDERATION", oauth, workload: workload, extra ?? [:])
            } else {
                let workload = try await identity.workloadToken(workloadName)
                outcome = try await identity.resourceToken("M2M", oauth, workload: workload)
            }
            guard case .accessToken(let token) = outcome else { throw IdentityFailure(cause: "no token") }
            return token
        } catch {
            world.note("no token for reading the catalogue of target \(target.id): \(error.cause)")
            throw CrawlFailure(reason: Crawler.prefixed("Authorization error when sending message"))
        }
    }

    private func settle(_ crawled: TargetRecord, _ outcome: Result<[JSONValue], CrawlFailure>) {
        let now = world.clock.now
        _ = try? world.store.write { transaction in
            // It may have been deleted, or moved on, while the network was asked.
            guard let target = transaction.find(TargetRecord.self, crawled.id), target.state == crawled.state,
                target.updatedAt == crawled.updatedAt
            else { return }
            switch outcome {
            case .success(let tools):
                transaction.save(CatalogueRecord(id: target.id, gateway: target.gateway, tools: tools))
                _ = try transaction.apply(.crawlSucceeded, to: target, cause: "catalogue read", at: now)
            case .failure(let failure):
                let event = TargetMachine.Event.crawlFailed(reason: failure.reason)
                _ = try transaction.apply(event, to: target, cause: "catalogue not read", at: now)
            }
        }
    }
}
