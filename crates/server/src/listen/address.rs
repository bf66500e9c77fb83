//! Where connections are accepted: an address and port, or a Unix domain socket.

use std::{fmt, net::SocketAddr, path::PathBuf};

/// What stands before the path of a Unix domain socket.
const UNIX: &str = "unix:";

/// One address to listen on. It prints as it is written in options: `127.0.0.1:3000`,
/// `unix:/run/modkeep/modkeep.sock`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ListenAddress {
    /// An address and a port; port 0 is any free one.
    Tcp(SocketAddr),
    /// The path of a Unix domain socket.
    Unix(PathBuf),
}

// === impl ListenAddress ===

impl ListenAddress {
    /// Reads an address as people write it: `localhost` is 127.0.0.1, and no host is every one.
    ///
    /// # Errors
    /// What an address is instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix(UNIX) {
            return unix(path).map_err(|why| format!("{text:?} {why}"));
        }
        let written = text.replace("localhost:", "127.0.0.1:");
        let written = if written.starts_with(':') {
            format!("0.0.0.0{written}")
        } else {
            written
        };
        written.parse().map(Self::Tcp).map_err(|_| {
            format!(
                "{text:?} is no ADDRESS:PORT, such as 127.0.0.1:3000 or [::1]:3000, and no unix:PATH"
            )
        })
    }

    /// The address and port, if it is one.
    pub fn tcp(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(address) => Some(*address),
            Self::Unix(_) => None,
        }
    }
}

#[cfg(unix)]
fn unix(path: &str) -> Result<ListenAddress, &'static str> {
    let path = PathBuf::from(path);
    if path.is_absolute() {
        Ok(ListenAddress::Unix(path))
    } else {
        Err("needs an absolute path, such as unix:/run/modkeep/modkeep.sock")
    }
}

#[cfg(not(unix))]
fn unix(_path: &str) -> Result<ListenAddress, &'static str> {
    Err("cannot be listened on: this system has no Unix domain sockets here")
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "{UNIX}{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ListenAddress;

    #[test]
    fn addresses_are_those_people_write() {
        let parsed = |text: &str| ListenAddress::parse(text).map(|address| address.to_string());
        for (text, printed) in [
            ("localhost:80", "127.0.0.1:80"),
            (":3000", "0.0.0.0:3000"),
            ("[::1]:0", "[::1]:0"),
            ("unix:/run/m.sock", "unix:/run/m.sock"),
        ] {
            assert_eq!(parsed(text).as_deref(), Ok(printed));
        }
        for text in [
            "",
            "3000",
            "example.com:80",
            "1.2.3.4",
            "1.2.3.4:99999",
            "unix:m.sock",
            "unix:",
        ] {
            assert!(parsed(text).is_err(), "{text}");
        }
    }
}
