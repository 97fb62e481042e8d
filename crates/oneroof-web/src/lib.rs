//! The dashboard and the API: pages of what the engine says. Decides nothing, and changes nothing in a database.
//!
//! Every page is a [`view::View`]: a value of the engine, and how it looks. The value is read once and shown either
//! as a page or, below `/api/v1`, as JSON; so a page cannot say what the API does not. Nothing needs a script.

mod access;
mod assets;
mod attempts;
mod challenges;
mod door;
mod fields;
mod layout;
mod listen;
mod openapi;
mod origin;
mod pages;
mod parts;
mod problem;
mod recent;
mod routes;
mod sessions;
mod sign_in;
mod site;
mod streams;
mod tls;
mod view;
mod visitor;

pub use door::DoorOptions;
pub use listen::{ListenError, ListenOptions, serve};
pub use site::{Site, SiteOptions};
pub use tls::{TlsError, TlsFiles, TlsSource};
