//! The cases, by what is broken.

mod graph;
mod http;
mod network;
mod settings;
mod sums;
mod toolchain;
mod vcs;
mod versions;
mod workspace;

use crate::corpus::Case;
use crate::corpus::scene::Played;

/// All of them.
pub(crate) fn all() -> Vec<Case> {
    let families = [
        http::cases(),
        network::cases(),
        sums::cases(),
        versions::cases(),
        graph::cases(),
        toolchain::cases(),
        vcs::cases(),
        settings::cases(),
        workspace::cases(),
    ];
    families.into_iter().flatten().collect()
}

fn case(name: &'static str, causes: &'static [&'static str], play: fn() -> Played) -> Case {
    Case {
        name,
        causes,
        heals: false,
        releases: (0, u32::MAX),
        play,
    }
}

/// A case whose first fix heals it.
fn healed(name: &'static str, causes: &'static [&'static str], play: fn() -> Played) -> Case {
    Case {
        heals: true,
        ..case(name, causes, play)
    }
}
