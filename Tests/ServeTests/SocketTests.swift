import Testing

/// Tests that wait on sockets, one at a time: each takes a thread while it waits, and the server it waits for needs
/// one too. On two cores two of them would wait for ever.
@Suite(.serialized)
enum SocketTests {}
