//! Throw-away servers: find the binaries, make a cluster in a private folder, start it, find it
//! again after a crash, remove it without a trace.

mod binaries;
mod folder;
mod postmaster;
mod registry;
mod rest;
mod server;

pub use binaries::{BinariesError, SearchPlaces, ServerBinaries, find, find_client, find_program};
pub use folder::{can_share_blocks, free_disk_bytes};
pub(crate) use postmaster::start_time_of;
pub use registry::{
    AttachedServer, Registry, RegistryError, ServerEntry, SweepReport, SweptServer,
};
pub use rest::Rest;
pub(crate) use rest::RestingServer;
pub use server::{
    ClusterLocale, EphemeralServer, Lifetime, LocaleProvider, ServerConfig, ServerKind,
    ServerStartError,
};
pub(crate) use server::{Rules, ServerSite};
