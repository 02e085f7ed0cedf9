package import Kernel

extension Rule {
    static let completesOwnSessionOnly = Rule(
        "completes-own-session-only",
        "Whoever is signed in to the application completes a consent session only with their own identity.")
}

/// Every switch of this module, for a lab to validate and list.
package enum ApplicationSwitches {
    package static let rules: [Rule] = [.completesOwnSessionOnly]
    package static let unknowns: [Unknown] = []
}
