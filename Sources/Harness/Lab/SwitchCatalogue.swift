import AWSCore
import AccountServices
import Application
import AuthorizationServer
import ControlPlane
import Gateway
import IdentityService
import InboundProvider
package import Kernel
import LambdaService
import MCPServer
import RESTService
import Scenario

/// Every rule and every unknown that some party knows. What is not here cannot be switched.
package struct SwitchCatalogue: Sendable {
    package let rules: [Rule]
    package let unknowns: [Unknown]

    package static let all = SwitchCatalogue(
        rules: ControlPlaneSwitches.rules + IdentityServiceSwitches.rules + GatewaySwitches.rules
            + InboundProviderSwitches.rules + AuthorizationServerSwitches.rules + MCPServerSwitches.rules
            + ApplicationSwitches.rules + AWSCoreSwitches.rules + LambdaServiceSwitches.rules
            + RESTServiceSwitches.rules + AccountServicesSwitches.rules,
        unknowns: ControlPlaneSwitches.unknowns + IdentityServiceSwitches.unknowns + GatewaySwitches.unknowns
            + InboundProviderSwitches.unknowns + AuthorizationServerSwitches.unknowns + MCPServerSwitches.unknowns
            + ApplicationSwitches.unknowns + AWSCoreSwitches.unknowns + LambdaServiceSwitches.unknowns
            + RESTServiceSwitches.unknowns + AccountServicesSwitches.unknowns)

    private static let ruleNames = Set(all.rules.map(\.name))
    private static let unknownsByName = Dictionary(all.unknowns.map { ($0.name, $0) }) { first, _ in first }

    static func expectRule(_ name: String) throws(SwitchMistake) {
        guard !ruleNames.contains(name) else { return }
        throw SwitchMistake("no party has a rule \"\(name)\"", Suggestion.hint(for: name, among: ruleNames.sorted()))
    }

    static func expectChoice(_ choice: String, for name: String) throws(SwitchMistake) {
        guard let unknown = unknownsByName[name] else {
            let known = unknownsByName.keys.sorted()
            throw SwitchMistake("no party has an unknown \"\(name)\"", Suggestion.hint(for: name, among: known))
        }
        let choices = [unknown.standard] + unknown.others
        // Without listed choices any text will do.
        guard !unknown.others.isEmpty, !choices.contains(choice) else { return }
        throw SwitchMistake(
            "\"\(choice)\" is no choice for \(name)", "known: \(choices.joined(separator: ", "))")
    }
}

/// A rule, unknown or choice that nobody knows.
package struct SwitchMistake: Error, Hashable, Sendable, CustomStringConvertible {
    package let message: String
    package let hint: String?
    init(_ message: String, _ hint: String?) {
        self.message = message
        self.hint = hint
    }
    package var description: String { "\(message)\(hint.map { " (\($0))" } ?? "")" }
}
