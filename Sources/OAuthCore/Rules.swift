package import Kernel

/// OAuthCore states rules and lets nobody turn them off: a fake that can be told to break one asks its own switch.
package enum OAuthCoreSwitches {
    package static let rules: [Rule] = []
    package static let unknowns: [Unknown] = []
}
