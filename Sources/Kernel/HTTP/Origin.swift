/// A party as others see it: something that answers requests. A failure is a response, never a thrown error.
package protocol Origin: Sendable {
    func respond(to request: Request) async -> Response
}

/// A party that asked to be woken.
package protocol AlarmHandling: Origin {
    func alarmFired(_ alarm: Alarm) async
}
