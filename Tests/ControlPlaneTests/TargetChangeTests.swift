import AWSCore
import ControlPlane
import Kernel
import Synchronization
import Testing

/// Update, synchronize, delete (ledger T9 to T15).
struct TargetChangeTests {
    /// A target, and what names it.
    private func made(
        _ lab: ControlLab, _ gateway: String, payload: String? = nil, credentials: JSONValue? = Sample.credentials()
    ) async throws -> (id: String, name: JSONObject) {
        let input = Sample.target(gateway, payload: payload, credentials: credentials)
        let id = try await lab.ok("CreateGatewayTarget", input)["targetId"]?.string ?? ""
        return (id, ["gatewayIdentifier": .string(gateway), "targetId": .string(id)])
    }

    private func sync(_ name: JSONObject) -> JSONObject {
        ["gatewayIdentifier": name["gatewayIdentifier"] ?? .null, "targetIdList": .array([name["targetId"] ?? .null])]
    }

    /// What the gateway does when a consent was completed and the catalogue read.
    private func settle(_ lab: ControlLab, _ id: String) throws {
        try lab.store.write { transaction in
            guard var target = transaction.find(TargetRecord.self, TargetID(id)) else { return }
            if target.status.isPendingAuth {
                target = try transaction.apply(.consentCompleted, to: target, cause: "test", at: lab.clock.now).0
            }
            _ = try transaction.apply(.crawlSucceeded, to: target, cause: "test", at: lab.clock.now)
        }
    }

    @Test func aWaitingTargetIsLocked() async throws {
        let lab = ControlLab()
        let gateway = try await lab.ready()
        let (id, name) = try await made(lab, gateway)
        let asked = lab.identity.bodies.count
        let update = Sample.target(gateway).merging(name)
        for (operation, input) in [
            ("UpdateGatewayTarget", update), ("SynchronizeGatewayTargets", sync(name)), ("DeleteGatewayTarget", name),
        ] {
            let refused = try await lab.refusal(operation, input)
            #expect(refused.code == "ConflictException", "\(operation)")
            #expect(refused.message.contains("CREATE_PENDING_AUTH"))
        }
        #expect(lab.trace("target \(id)") == ["CREATING", "CREATE_PENDING_AUTH"])
        #expect(lab.identity.bodies.count == asked)
        #expect(lab.stoppedBy == Array(repeating: "pending-target-locked", count: 3))
    }

    @Test func theLockHasItsSwitches() async throws {
        let lab = ControlLab(["errors.pendingClass": "ValidationException", "pending.allowDelete": "on"])
        let gateway = try await lab.ready()
        let (_, name) = try await made(lab, gateway)
        #expect(try await lab.refusal("SynchronizeGatewayTargets", sync(name)).status == 400)
        #expect(try await lab.ok("DeleteGatewayTarget", name)["status"] == "DELETING")
        let open = ControlLab(off: ["pending-target-locked"])
        let other = try await open.ready()
        let (id, otherName) = try await made(open, other)
        #expect(try await open.call("SynchronizeGatewayTargets", sync(otherName)).status == 202)
        #expect(
            open.trace("target \(id)") == [
                "CREATING", "CREATE_PENDING_AUTH", "FAILED", "SYNCHRONIZING", "SYNCHRONIZE_PENDING_AUTH",
            ])
    }

    /// T11 and T14: a new consent with a new user each time.
    @Test func updateAndSynchronizationAskAgain() async throws {
        let lab = ControlLab()
        let gateway = try await lab.ready()
        let (id, name) = try await made(lab, gateway)
        try settle(lab, id)
        let update = Sample.target(gateway, name: "renamed").merging(name)
        let updated = try await lab.ok("UpdateGatewayTarget", update)
        #expect(updated["status"] == "UPDATE_PENDING_AUTH")
        #expect(updated["name"] == "renamed")
        #expect(updated["lastSynchronizedAt"] == "2026-11-20T10:00:00.050Z")
        try settle(lab, id)
        let synchronized = try await lab.ok("SynchronizeGatewayTargets", sync(name))
        let item = synchronized["targets"]?[0]
        #expect(item?["status"] == "SYNCHRONIZE_PENDING_AUTH")
        let users = lab.identity.bodies.compactMap { $0["userId"]?.string }
        #expect(Set(users).count == 3)
        #expect(item?["authorizationData"]?["oauth2"]?["userId"]?.string == users.last)
        #expect(
            lab.trace("target \(id)") == [
                "CREATING", "CREATE_PENDING_AUTH", "CREATING", "READY", "UPDATING", "UPDATE_PENDING_AUTH", "UPDATING",
                "READY", "SYNCHRONIZING", "SYNCHRONIZE_PENDING_AUTH",
            ])
    }

    /// T12 and T13.
    @Test func aTargetSwitchesBetweenTheMethods() async throws {
        let lab = ControlLab()
        let gateway = try await lab.ready()
        let (id, name) = try await made(lab, gateway)
        try settle(lab, id)
        let second = try await lab.ok(
            "UpdateGatewayTarget", Sample.target(gateway, payload: Sample.payload).merging(name))
        #expect(second["status"] == "READY")
        #expect(second["authorizationData"] == nil)
        #expect(second["lastSynchronizedAt"] == nil)
        let first = try await lab.ok("UpdateGatewayTarget", Sample.target(gateway).merging(name))
        #expect(first["status"] == "UPDATE_PENDING_AUTH")
        #expect(first["authorizationData"] != nil)
        let catalogue = try lab.store.write { $0.find(CatalogueRecord.self, TargetID(id)) }
        #expect(catalogue?.tools.count == 1)
    }

    @Test func aStaticSchemaIsNotSynchronized() async throws {
        let lab = ControlLab()
        let gateway = try await lab.ready()
        let (id, name) = try await made(lab, gateway, payload: Sample.payload)
        let refused = try await lab.refusal("SynchronizeGatewayTargets", sync(name))
        #expect(refused.code == "ValidationException")
        #expect(refused.message.contains("static mcpToolSchema"))
        #expect(lab.stoppedBy == ["static-schema-not-synchronized"])
        #expect(lab.trace("target \(id)") == ["READY"])
        let lax = ControlLab(off: ["static-schema-not-synchronized"])
        let (_, other) = try await made(lax, try await lax.ready(), payload: Sample.payload)
        #expect(try await lax.call("SynchronizeGatewayTargets", sync(other)).status == 202)
    }

    // MARK: - While the identity service is asked

    @Test func aRequestRepeatedMeanwhileMakesOneTarget() async throws {
        let lab = ControlLab()
        let gateway = try await lab.ready()
        var input = Sample.target(gateway)
        input["name"] = nil
        input["clientToken"] = "afb7258d-48d9-42ff-ac0a-0c2d3b3dc016"
        let same = input
        let other = Mutex<JSONValue?>(nil)
        lab.identity.meanwhile {
            let answer = try? await lab.ok("CreateGatewayTarget", same)
            other.withLock { $0 = answer }
        }
        let answer = try await lab.ok("CreateGatewayTarget", same)
        #expect(other.withLock { $0 } == answer)
        let targets = try await lab.ok("ListGatewayTargets", ["gatewayIdentifier": .string(gateway)])
        #expect(targets["items"]?.array?.count == 1)
    }

    @Test func aTargetChangedMeanwhileIsNotSynchronized() async throws {
        let lab = ControlLab()
        let gateway = try await lab.ready()
        let (id, name) = try await made(lab, gateway)
        try settle(lab, id)
        let toSchema = Sample.target(gateway, payload: Sample.payload).merging(name)
        lab.identity.meanwhile { _ = try? await lab.ok("UpdateGatewayTarget", toSchema) }
        let refused = try await lab.refusal("SynchronizeGatewayTargets", sync(name))
        #expect(refused.message.contains("static mcpToolSchema"))
        #expect(try await lab.status(gateway, id) == "READY")
        let toConsent = Sample.target(gateway).merging(name)
        _ = try await lab.ok("UpdateGatewayTarget", toConsent)
        try settle(lab, id)
        let toMachine = Sample.target(gateway, credentials: nil).merging(name)
        lab.identity.meanwhile {
            _ = try? await lab.ok("UpdateGatewayTarget", toMachine)
            try? settle(lab, id)
        }
        #expect(try await lab.refusal("SynchronizeGatewayTargets", sync(name)).code == "ConflictException")
        #expect(try await lab.status(gateway, id) == "READY")
    }

    @Test func aNameGivenMeanwhileStays() async throws {
        let lab = ControlLab()
        let gateway = try await lab.ready()
        let (id, name) = try await made(lab, gateway)
        try settle(lab, id)
        var nameless = Sample.target(gateway).merging(name)
        nameless["name"] = nil
        let renaming = Sample.target(gateway, name: "renamed", payload: Sample.payload).merging(name)
        lab.identity.meanwhile { _ = try? await lab.ok("UpdateGatewayTarget", renaming) }
        #expect(try await lab.ok("UpdateGatewayTarget", nameless)["name"] == "renamed")
    }

    @Test func sessionsTurnedOnMeanwhileRefuseTheirHeader() async throws {
        let lab = ControlLab()
        let gateway = try await lab.ready()
        var input = Sample.target(gateway)
        input["metadataConfiguration"] = ["allowedRequestHeaders": ["Mcp-Session-Id"]]
        let sessions = Sample.gateway.merging([
            "gatewayIdentifier": .string(gateway),
            "protocolConfiguration": [
                "mcp": [
                    "supportedVersions": ["2025-11-25"],
                    "sessionConfiguration": ["sessionTimeoutInSeconds": 900],
                ]
            ],
        ])
        lab.identity.meanwhile {
            _ = try? await lab.ok("UpdateGateway", sessions)
            await lab.advance(.milliseconds(50))
        }
        let refused = try await lab.refusal("CreateGatewayTarget", input)
        #expect(refused.message.contains("metadataConfiguration.allowedRequestHeaders"))
        let targets = try await lab.ok("ListGatewayTargets", ["gatewayIdentifier": .string(gateway)])
        #expect(targets["items"] == [])
    }

    @Test func synchronizationTakesExactlyOneTarget() async throws {
        let lab = ControlLab()
        let gateway = try await lab.ready()
        for list in [JSONValue.array([]), ["T4RG3T0001", "T4RG3T0002"], .null] {
            let input: JSONObject = ["gatewayIdentifier": .string(gateway), "targetIdList": list]
            #expect(try await lab.refusal("SynchronizeGatewayTargets", input).reason == "FieldValidationFailed")
        }
        let input: JSONObject = ["gatewayIdentifier": .string(gateway), "targetIdList": ["T4RG3T0001"]]
        #expect(try await lab.refusal("SynchronizeGatewayTargets", input).status == 404)
    }

    /// E6: no such target can be made here, so one is put into the store.
    @Test func otherKindsAreNotSynchronized() async throws {
        let lab = ControlLab()
        let gateway = try await lab.ready()
        let target = TargetRecord(
            id: TargetID("T4RG3T0001"), gateway: GatewayID(gateway), name: "orders", state: .init(.ready),
            createdAt: lab.clock.now, configuration: ["mcp": ["lambda": [:]]], credentials: [])
        try lab.store.write { $0.save(target) }
        let input: JSONObject = ["gatewayIdentifier": .string(gateway), "targetIdList": ["T4RG3T0001"]]
        let refused = try await lab.refusal("SynchronizeGatewayTargets", input)
        #expect(refused.message == "Target type LAMBDA is not supported for synchronization")
    }

    @Test func aFailedTargetMayTryAgain() async throws {
        let lab = ControlLab()
        let gateway = try await lab.ready()
        let (id, name) = try await made(lab, gateway, credentials: nil)
        try lab.store.write { transaction in
            guard let target = transaction.find(TargetRecord.self, TargetID(id)) else { return }
            _ = try transaction.apply(.crawlFailed(reason: "down"), to: target, cause: "test", at: lab.clock.now)
        }
        let failed = try await lab.ok("GetGatewayTarget", name)
        #expect(failed["status"] == "FAILED")
        #expect(failed["statusReasons"] == ["down"])
        let again = try await lab.ok("SynchronizeGatewayTargets", sync(name))["targets"]?[0]
        #expect(again?["status"] == "SYNCHRONIZING")
        #expect(again?["statusReasons"] == nil)
        #expect(try await lab.refusal("SynchronizeGatewayTargets", sync(name)).message.contains("not ready"))
        #expect(try await lab.refusal("DeleteGatewayTarget", name).status == 409)
    }

    @Test func aRefusedConsentChangesNothing() async throws {
        let lab = ControlLab()
        let gateway = try await lab.ready()
        let (id, name) = try await made(lab, gateway, payload: Sample.payload)
        let before = try await lab.ok("GetGatewayTarget", name)
        lab.identity.refuse(AWSError(.resourceNotFound, "no such provider").response)
        let update = Sample.target(gateway, name: "other").merging(name)
        #expect(try await lab.refusal("UpdateGatewayTarget", update).status == 404)
        #expect(try await lab.ok("GetGatewayTarget", name) == before)
        #expect(lab.trace("target \(id)") == ["READY"])
    }

    @Test func aDeletedTargetIsGoneAfterItsWork() async throws {
        let lab = ControlLab()
        let gateway = try await lab.ready()
        let (id, name) = try await made(lab, gateway, payload: Sample.payload)
        #expect(try await lab.ok("DeleteGatewayTarget", name)["status"] == "DELETING")
        // The name stays taken until the target is gone.
        #expect(
            try await lab.refusal("CreateGatewayTarget", Sample.target(gateway, payload: Sample.payload)).status == 409)
        #expect(try await lab.refusal("DeleteGatewayTarget", name).status == 409)
        await lab.advance(.milliseconds(50))
        #expect(try await lab.refusal("GetGatewayTarget", name).code == "ResourceNotFoundException")
        #expect(try lab.store.write { $0.find(CatalogueRecord.self, TargetID(id)) } == nil)
        #expect(lab.trace("target \(id)") == ["READY", "DELETING"])
    }

    @Test func strangersSeeNothing() async throws {
        let lab = ControlLab()
        let gateway = try await lab.ready()
        let (_, name) = try await made(lab, gateway, payload: Sample.payload)
        let stranger = "123456789012"
        #expect(try await lab.refusal("GetGatewayTarget", name, account: stranger).status == 404)
        #expect(
            try await lab.refusal("GetGateway", ["gatewayIdentifier": .string(gateway)], account: stranger).status
                == 404)
        let other = try await lab.ok("CreateGateway", Sample.gateway.merging(["name": "other"]))["gatewayId"]
        var wrong = name
        wrong["gatewayIdentifier"] = other
        #expect(try await lab.refusal("GetGatewayTarget", wrong).status == 404)
    }

    /// Whatever the identity service made of it, an alarm for something that is gone does no harm.
    @Test func lateAlarmsDoNothing() async throws {
        let lab = ControlLab()
        for label in [
            "control gateway-ready nobody", "control gateway-deleted nobody", "control target-deleted a/b",
            "control target-deleted a", "control", "identity x", "",
        ] {
            await lab.control.alarmFired(Alarm(due: lab.clock.now, party: .aws, label: label))
        }
        #expect(lab.stoppedBy.isEmpty)
    }

    @Test func ignoredMembersAreWrittenDown() async throws {
        let lab = ControlLab()
        _ = try await lab.ok("CreateGateway", Sample.gateway.merging(["colour": "blue"]))
        let notes = lab.store.journal().compactMap { entry in
            if case .note(let note) = entry.event { note.text } else { nil }
        }
        #expect(notes == ["ignored members of CreateGateway that the model does not know: colour"])
    }
}
