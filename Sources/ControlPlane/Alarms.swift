import AWSCore
package import Kernel

/// What the control plane wakes itself for. The word in front keeps its alarms apart from the identity service's.
enum ControlAlarm: Hashable {
    case gatewayReady(GatewayID)
    case gatewayDeleted(GatewayID)
    case portalWorked(PortalID)
    case targetDeleted(TargetAddress)
    /// Read the document that names a target's tools.
    case targetRead(TargetAddress)

    var label: String {
        switch self {
        case .gatewayReady(let gateway): "control gateway-ready \(gateway)"
        case .gatewayDeleted(let gateway): "control gateway-deleted \(gateway)"
        case .portalWorked(let portal): "control portal-worked \(portal)"
        case .targetDeleted(let target): "control target-deleted \(target.text)"
        case .targetRead(let target): "control target-read \(target.text)"
        }
    }

    init?(label: String) {
        let words = label.pieces(by: " ").map(String.init)
        guard words.count == 3, words[0] == "control" else { return nil }
        switch words[1] {
        case "gateway-ready": self = .gatewayReady(GatewayID(words[2]))
        case "gateway-deleted": self = .gatewayDeleted(GatewayID(words[2]))
        case "portal-worked": self = .portalWorked(PortalID(words[2]))
        case "target-deleted":
            guard let target = TargetAddress(words[2]) else { return nil }
            self = .targetDeleted(target)
        case "target-read":
            guard let target = TargetAddress(words[2]) else { return nil }
            self = .targetRead(target)
        default: return nil
        }
    }
}

extension ControlPlane {
    /// Wakes the control plane when the work behind an answer is done.
    func schedule(_ alarm: ControlAlarm, at now: Instant) {
        world.scheduler.schedule(Alarm(due: now + settings.work, party: world.party, label: alarm.label))
    }

    package func alarmFired(_ alarm: Alarm) async {
        guard let what = ControlAlarm(label: alarm.label) else { return }
        if case .targetRead(let target) = what { return await readTarget(target) }
        let now = world.clock.now
        do {
            try world.store.write { transaction in
                switch what {
                case .gatewayReady(let id): try Self.finishGateway(id, in: &transaction, at: now)
                case .gatewayDeleted(let id): removeGateway(id, in: &transaction)
                case .portalWorked(let id): finishPortal(id, in: &transaction)
                case .targetDeleted(let target): try removeTarget(target, in: &transaction, at: now)
                case .targetRead: break
                }
            }
        } catch {
            // What the alarm was about has moved on meanwhile, or the disk failed; nothing was changed.
            world.note("alarm \(alarm.label) had nothing to do")
        }
    }

    private static func finishGateway(_ id: GatewayID, in transaction: inout Transaction, at now: Instant) throws {
        guard let gateway = transaction.find(GatewayRecord.self, id) else { return }
        _ = try transaction.apply(.worked, to: gateway, cause: "work done", at: now)
    }

    private func removeGateway(_ id: GatewayID, in transaction: inout Transaction) {
        guard var gateway = transaction.find(GatewayRecord.self, id), gateway.status == .deleting else { return }
        guard world.switches.holds(.deletedServesNothing) else {
            // Whoever serves never hears of it.
            gateway.status = .ready
            transaction.save(gateway)
            return
        }
        transaction.remove(GatewayRecord.self, id)
        transaction.remove(WorkloadIdentityRecord.self, gateway.workloadName.of(gateway.account))
        dropTags(of: names.gatewayARN(id, account: gateway.account), in: &transaction)
        dropTags(of: names.workloadARN(gateway.workloadName, account: gateway.account), in: &transaction)
        dropParts(of: id, in: &transaction)
        tellConnected(to: id, at: world.clock.now)
    }

    private func removeTarget(
        _ address: TargetAddress, in transaction: inout Transaction, at now: Instant
    ) throws {
        guard let target = transaction.find(TargetRecord.self, address.target), target.gateway == address.gateway
        else { return }
        let (_, effects) = try transaction.apply(.deleted, to: target, cause: "work done", at: now)
        guard effects.contains(.remove) else { return }
        transaction.remove(TargetRecord.self, target.id)
        transaction.forgetContents(of: target.id)
        tellToolsChanged(at: target.gateway, now, in: &transaction)
    }

    /// Wakes a gateway whose tools are others now. Only one that keeps sessions has somebody to tell (ledger
    /// `gateway-sessions`).
    func tellToolsChanged(at gateway: GatewayID, _ now: Instant, in transaction: inout Transaction) {
        guard transaction.find(GatewayRecord.self, gateway)?.mcp["sessionConfiguration"] != nil else { return }
        tellConnected(to: gateway, at: now)
    }

    /// Wakes the gateway, so that whoever has a stream open there hears that the tools are others now, or that all of
    /// it is gone.
    private func tellConnected(to gateway: GatewayID, at now: Instant) {
        world.scheduler.schedule(Alarm(due: now, party: .gateway, label: GatewayAlarm.changed(gateway).label))
    }
}
