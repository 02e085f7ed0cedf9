package import Kernel

extension Rule {
    static let restCredential = Rule(
        "rest-credential", "A REST API answers only calls that carry the credential it asks for.")
}

/// What a lab may turn off at its REST APIs.
package enum RESTServiceSwitches {
    package static let rules: [Rule] = [.restCredential]
    package static let unknowns: [Unknown] = []
}
