//! Sockets: where this process listens, bound here or handed to it.
//!
//! A listening socket that outlives the process which accepts at it is what lets a server be replaced
//! without one refused connection. There are two who keep it: a service manager, which passes it to
//! every process it starts (`LISTEN_FDS`, `sd_listen_fds(3)`), and the process before this one, which
//! hands it over ([`super::hand_over`]). What was passed is taken where its address is wanted, or where
//! nobody said what is wanted; everything else is bound.

use crate::failure::Failure;
use codes::Code;
use config::Settings;
use server::{BindError, ListenAddress, Listener};

/// The sockets of a server.
#[derive(Debug, Default)]
pub(super) struct ListeningSockets {
    pub(super) public: Vec<Listener>,
    pub(super) admin: Vec<Listener>,
}

/// What a socket in the hands of somebody else is called when it is for operators.
#[cfg(unix)]
const ADMIN: &str = "admin";

// === impl ListeningSockets ===

impl ListeningSockets {
    /// Those at the addresses of the settings, out of what was passed where it fits.
    pub(super) fn open(settings: &Settings, passed: Self) -> Result<Self, Failure> {
        let mut passed = passed;
        // A service manager that passes sockets was told where to listen in its own configuration.
        let public = if settings.listen_is_default && !passed.public.is_empty() {
            passed.public.drain(..).collect()
        } else {
            at(&settings.listen, &mut passed.public)?
        };
        let admin = match &settings.admin_listen {
            Some(address) => at(std::slice::from_ref(address), &mut passed.admin)?,
            None => passed.admin.drain(..).collect(),
        };
        for unused in passed.public.iter().chain(&passed.admin) {
            tracing::warn!(
                "{} was passed to this process and is not in --listen: it is closed",
                unused.address()
            );
        }
        Ok(Self { public, admin })
    }

    /// These, or where there are none, the others.
    #[cfg(unix)]
    pub(super) fn or(self, others: Self) -> Self {
        if self.public.is_empty() { others } else { self }
    }

    /// Those that a service manager passed.
    ///
    /// # Errors
    /// One of them is no socket that listens.
    #[cfg(unix)]
    pub(super) fn of_service_manager(names: Option<&str>) -> Result<Self, Failure> {
        let mut descriptors = listenfd::ListenFd::from_env();
        let mut names = names.unwrap_or_default().split(':');
        let mut sockets = Self::default();
        for index in 0..descriptors.len() {
            let listener = taken(&mut descriptors, index).map_err(|error| {
                let facts = format!("socket {index} of the service manager: {error}");
                Failure::new(Code::ListenFailed, facts)
            })?;
            sockets.add(names.next().unwrap_or_default(), listener);
        }
        Ok(sockets)
    }

    #[cfg(not(unix))]
    pub(super) fn of_service_manager(_names: Option<&str>) -> Result<Self, Failure> {
        Ok(Self::default())
    }

    /// Adds one under the name that it is passed under.
    #[cfg(unix)]
    pub(super) fn add(&mut self, name: &str, listener: Listener) {
        if name == ADMIN {
            self.admin.push(listener);
        } else {
            self.public.push(listener);
        }
    }

    /// Every socket with the name that it is passed under.
    #[cfg(unix)]
    pub(super) fn named<'s>(
        public: &'s [Listener],
        admin: &'s [Listener],
    ) -> impl Iterator<Item = (&'static str, &'s Listener)> {
        let public = public.iter().map(|listener| ("public", listener));
        public.chain(admin.iter().map(|listener| (ADMIN, listener)))
    }
}

/// A socket at each address: one that was passed, else a new one.
fn at(addresses: &[ListenAddress], passed: &mut Vec<Listener>) -> Result<Vec<Listener>, Failure> {
    let one = |address: &ListenAddress| {
        let position = passed
            .iter()
            .position(|listener| listener.address() == address);
        match position {
            Some(position) => Ok(passed.swap_remove(position)),
            None => Listener::bind(address).map_err(|error| unbound(&error)),
        }
    };
    addresses.iter().map(one).collect()
}

fn unbound(error: &BindError) -> Failure {
    Failure::of(Code::ListenFailed, error)
}

#[cfg(unix)]
fn taken(descriptors: &mut listenfd::ListenFd, index: usize) -> std::io::Result<Listener> {
    // Asked for a socket of the wrong kind, it is refused and stays where it is.
    if let Ok(Some(tcp)) = descriptors.take_tcp_listener(index) {
        return Listener::from_tcp(tcp);
    }
    match descriptors.take_unix_listener(index)? {
        Some(unix) => Listener::from_unix(unix),
        None => Err(std::io::ErrorKind::NotFound.into()),
    }
}
