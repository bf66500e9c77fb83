//! Name lookups of one source, in its own lane.

use std::net::ToSocketAddrs;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::lane::Lane;

/// Looks names up as the system does.
#[derive(Debug)]
pub(crate) struct Lookup {
    lane: Lane,
}

// === impl Lookup ===

impl Lookup {
    pub(crate) fn new() -> Self {
        Self { lane: Lane::new() }
    }
}

impl Resolve for Lookup {
    fn resolve(&self, name: Name) -> Resolving {
        let lane = self.lane.clone();
        Box::pin(async move {
            // Port 0 stands for the port of the URL.
            let look_up = move || Ok((name.as_str(), 0).to_socket_addrs()?.collect::<Vec<_>>());
            let addresses = lane.run(look_up).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}
