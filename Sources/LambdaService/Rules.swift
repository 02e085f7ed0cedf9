package import Kernel

extension Rule {
    static let invocationSigned = Rule("invocation-signed", "Nobody invokes a function without an AWS signature.")
}

/// What a lab may turn off at the functions.
package enum LambdaServiceSwitches {
    package static let rules: [Rule] = [.invocationSigned]
    package static let unknowns: [Unknown] = []
}
