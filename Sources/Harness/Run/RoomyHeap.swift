import Foundation

/// What many runs leave behind is kept at hand for those that come next.
///
/// For each size glibc keeps the last seven pieces that a thread let go of; a run lets go of thousands, and to give all
/// others back and take them again was a sixteenth of its time. How many are kept can be said only before
/// the program starts (glibc manual, Memory Allocation Tunables), so it starts itself once more, in the same process.
package enum RoomyHeap {
    private static let variable = "GLIBC_TUNABLES"
    private static let setting = "glibc.malloc.tcache_count=2000"

    /// Comes back once it is so, and at once where it cannot be: with another C library, or where the variable is set
    /// already, which is the user's word. Programs that this one starts do not inherit it.
    package static func begin() {
        #if canImport(Glibc)
        if let set = getenv(variable) {
            if String(cString: set) == setting { unsetenv(variable) }
            return
        }
        guard let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else {
            return
        }
        setenv(variable, setting, 1)
        execv(program, CommandLine.unsafeArgv)
        // It could not: everything works without.
        unsetenv(variable)
        #endif
    }
}
