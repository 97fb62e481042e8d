use std::io::Read as _;
use std::net::TcpListener;

use crate::sandbox::Sandbox;

/// A server that accepts and never answers: the verb hangs until the signal comes.
#[test]
fn a_signal_ends_the_verb_with_130() {
    for signal in ["INT", "TERM", "HUP"] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let sandbox = Sandbox::with_package(&format!(
            "format = 1\n[targets.silent]\nread = 'host=127.0.0.1 port={port} dbname=d user=u sslmode=disable'\n"
        ));
        // Keeps the connection open until the verb has gone; its first byte says that it hangs.
        let server = std::thread::spawn(move || {
            let (mut connection, _) = listener.accept().unwrap();
            let mut bytes = Vec::new();
            let _ = connection.read_to_end(&mut bytes);
            assert!(!bytes.is_empty());
        });
        let line = format!(
            "$oneroof probe mine --target silent --json & sleep 1; kill -{signal} $!; wait $!"
        );
        let outcome = sandbox
            .bash(&line)
            .exits(130)
            .says(&["interrupted, cleaning up"]);
        assert_eq!(outcome.json()["error"]["exit"], 130);
        server.join().unwrap();
    }
}
