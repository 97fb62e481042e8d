//! Starts a throw-away server and waits until it is killed: the other process of the tests about servers whose
//! maker dies. `server_maker PLACE with-process|kept`: the registry is `PLACE/servers`, the server's folder is in
//! `PLACE/tmp`, and its id is written to `PLACE/ready`. Built for tests only (feature `testing`).

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use oneroof_pg::ephemeral::{EphemeralServer, Lifetime, Registry, ServerConfig};
use oneroof_pg::testing::system_binaries;

/// A maker that nobody kills ends by itself.
const LIFE: Duration = Duration::from_secs(300);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args_os().skip(1);
    let place = PathBuf::from(words.next().ok_or("no place")?);
    let mut config = ServerConfig::new(system_binaries(), Registry::at(place.join("servers")));
    config.temp_folder = place.join("tmp");
    config.lifetime = match words.next().as_deref().and_then(|word| word.to_str()) {
        Some("with-process") => Lifetime::WithProcess,
        Some("kept") => Lifetime::Kept,
        _ => return Err("with-process or kept?".into()),
    };
    let server = EphemeralServer::start(config).await?;
    std::fs::write(place.join("ready"), server.id())?;
    tokio::time::sleep(LIFE).await;
    Ok(())
}
