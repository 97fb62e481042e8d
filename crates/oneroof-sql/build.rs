//! Does nothing itself. A build script that lists `cc` with its `parallel` feature lets `pg_query`
//! compile its C files on every core.

fn main() {}
