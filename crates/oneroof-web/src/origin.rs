//! Where a browser is when it asks: one of the addresses that we know ourselves by. Passkeys belong to an address, so
//! what the Host header says only chooses among those; it never makes one.

use std::net::IpAddr;

use oneroof_engine::passkey::is_site_of;

tokio::task_local! {
    static CURRENT: Option<Origin>;
}

/// An address at which passkeys can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    /// `https://tools.example:7443`
    pub(crate) text: String,
    /// `tools.example`
    pub(crate) rp_id: String,
    /// What the Host header says there.
    host: String,
}

impl Origin {
    /// All at which a dashboard can be reached: by its names, on a port. Of a name that a proxy serves on another port
    /// the port is part of the name. An address of numbers has no passkeys: browsers have none for it.
    pub(crate) fn all(scheme: &str, names: &[String], port: Option<u16>) -> Vec<Origin> {
        let usual = match scheme {
            "https" => 443,
            _ => 80,
        };
        let origin = |name: &String| {
            let name = name.to_ascii_lowercase();
            let (rp_id, own_port) = match name.rsplit_once(':') {
                Some((rp_id, own_port)) => (rp_id, Some(own_port.parse().ok()?)),
                None => (name.as_str(), None),
            };
            if rp_id.parse::<IpAddr>().is_ok() {
                return None;
            }
            let host = match own_port.or(port).filter(|port| *port != usual) {
                Some(port) => format!("{rp_id}:{port}"),
                None => rp_id.to_owned(),
            };
            let text = format!("{scheme}://{host}");
            is_site_of(rp_id, &text).then(|| Origin {
                rp_id: rp_id.to_owned(),
                text,
                host,
            })
        };
        names.iter().filter_map(origin).collect()
    }

    /// Is a request with this Host header made there?
    pub(crate) fn is_at(&self, host: &str) -> bool {
        self.host == host.to_ascii_lowercase()
    }
}

/// Does it for a browser that is here.
pub(crate) async fn scope<F: Future>(origin: Option<Origin>, work: F) -> F::Output {
    CURRENT.scope(origin, work).await
}

/// Where the browser is; `None` where passkeys cannot be used.
pub(crate) fn current() -> Option<Origin> {
    CURRENT.try_with(Clone::clone).ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(scheme: &str, names: &[&str], port: Option<u16>) -> Vec<String> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let all = Origin::all(scheme, &names, port);
        all.into_iter().map(|origin| origin.text).collect()
    }

    #[test]
    fn addresses_are_those_of_names_and_only_secure_ones() {
        assert_eq!(
            texts(
                "http",
                &["localhost", "127.0.0.1", "Tools.example"],
                Some(7400)
            ),
            ["http://localhost:7400"]
        );
        assert_eq!(
            texts(
                "https",
                &["localhost", "Tools.example", "[::1]"],
                Some(7443)
            ),
            ["https://localhost:7443", "https://tools.example:7443"]
        );
        assert_eq!(
            texts("https", &["tools.example"], Some(443)),
            ["https://tools.example"]
        );
        assert_eq!(
            texts("https", &["tools.example", "other.example:8443"], None),
            ["https://tools.example", "https://other.example:8443"]
        );
    }

    #[test]
    fn what_the_browser_calls_us_only_chooses() {
        let all = Origin::all("https", &["tools.example".to_owned()], Some(7443));
        assert!(all[0].is_at("TOOLS.example:7443"));
        for other in ["tools.example", "tools.example:1", "evil.example:7443", ""] {
            assert!(!all[0].is_at(other), "{other}");
        }
    }
}
