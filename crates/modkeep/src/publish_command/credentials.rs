//! Credentials: what the netrc file of `go` says for a server.
//!
//! The rules are go's (`cmd/go/internal/auth`): the entry whose machine is the host of the URL, with the port
//! if the URL has one; it needs a login and a password; what stands behind `default` is not looked at, and
//! neither are macros. The last of several entries counts.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

/// A user and their password. `Debug` shows neither.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct NetrcLogin {
    pub(super) user: String,
    pub(super) password: String,
}

/// What a netrc file says about a host.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NetrcAnswer {
    /// This login.
    Login(NetrcLogin),
    /// There is an entry for the host without its port, or with another one, which go does not take.
    OtherPort,
    /// Nothing.
    Nothing,
}

// === impl NetrcLogin ===

impl fmt::Debug for NetrcLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NetrcLogin(redacted)")
    }
}

/// The file that go reads: `NETRC`, else `.netrc` in the home directory.
pub(super) fn file(variable: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    if let Some(path) = variable("NETRC").filter(|path| !path.is_empty()) {
        return Some(PathBuf::from(path));
    }
    let home = variable("HOME").or_else(|| variable("USERPROFILE"))?;
    let name = if cfg!(windows) { "_netrc" } else { ".netrc" };
    Some(PathBuf::from(home).join(name))
}

/// What a file says about a host, which has its port if the URL has one. A file that is not there says nothing.
pub(super) fn look_up(path: &Path, host: &str) -> NetrcAnswer {
    let text = fs::read_to_string(path).unwrap_or_default();
    parse(&text, host)
}

fn parse(text: &str, host: &str) -> NetrcAnswer {
    let (name, _) = split_port(host);
    let mut answer = NetrcAnswer::Nothing;
    for (machine, login) in entries(text) {
        if machine == host {
            answer = NetrcAnswer::Login(login);
        } else if split_port(&machine).0 == name && !matches!(answer, NetrcAnswer::Login(_)) {
            answer = NetrcAnswer::OtherPort;
        }
    }
    answer
}

fn split_port(host: &str) -> (&str, Option<&str>) {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (name, Some(port)),
        _ => (host, None),
    }
}

/// The complete entries before `default`.
fn entries(text: &str) -> Vec<(String, NetrcLogin)> {
    let mut found = Vec::new();
    let (mut machine, mut user, mut password) = (None, None, None);
    let mut in_macro = false;
    'lines: for line in text.lines() {
        if in_macro {
            in_macro = !line.is_empty();
            continue;
        }
        let mut words = line.split_whitespace();
        while let Some(word) = words.next() {
            match word {
                "machine" => {
                    machine = words.next().map(str::to_owned);
                    (user, password) = (None, None);
                }
                "default" => break 'lines,
                "login" => user = words.next().map(str::to_owned),
                "password" => password = words.next().map(str::to_owned),
                "macdef" => in_macro = true,
                _ => {}
            }
            if let (Some(name), Some(login), Some(word)) = (&machine, &user, &password) {
                let login = NetrcLogin {
                    user: login.clone(),
                    password: word.clone(),
                };
                found.push((name.clone(), login));
                (machine, user, password) = (None, None, None);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{NetrcAnswer, NetrcLogin, file, parse};
    use std::path::PathBuf;

    fn login(user: &str, password: &str) -> NetrcAnswer {
        NetrcAnswer::Login(NetrcLogin {
            user: user.to_owned(),
            password: password.to_owned(),
        })
    }

    /// The file of go's own test of its parser, and entries that a port tells apart.
    #[test]
    fn the_entry_is_the_one_that_go_takes() {
        let text = "machine incomplete\npassword none\n\n\
                    machine api.example.org\n  login user\n  password pwd\n\n\
                    machine incomlete.host\n  login justlogin\n\n\
                    machine test.host\nlogin user2\npassword pwd2\n\n\
                    machine oneline login user3 password pwd3\n\n\
                    machine ignore.host macdef ignore\n  login nobody\n  password nothing\n\n\
                    machine hasmacro.too macdef ignore-next-lines login user4 password pwd4\n  login nobody\n  password nothing\n\n\
                    machine a.example.com:8443 login port password p\n\
                    default\nlogin anonymous\npassword gopher@golang.org\n\n\
                    machine after.default\nlogin oops\npassword too-late-in-file\n";
        assert_eq!(parse(text, "api.example.org"), login("user", "pwd"));
        assert_eq!(parse(text, "test.host"), login("user2", "pwd2"));
        assert_eq!(parse(text, "oneline"), login("user3", "pwd3"));
        assert_eq!(parse(text, "hasmacro.too"), login("user4", "pwd4"));
        for host in [
            "incomplete",
            "incomlete.host",
            "ignore.host",
            "after.default",
        ] {
            assert_eq!(parse(text, host), NetrcAnswer::Nothing, "{host}");
        }
        assert_eq!(parse(text, "a.example.com:8443"), login("port", "p"));
        assert_eq!(parse(text, "a.example.com"), NetrcAnswer::OtherPort);
        assert_eq!(parse(text, "test.host:81"), NetrcAnswer::OtherPort);
    }

    #[test]
    fn the_file_is_the_one_that_go_reads() {
        let found = |netrc: Option<&str>, home: Option<&str>| {
            file(|name| match name {
                "NETRC" => netrc.map(str::to_owned),
                "HOME" => home.map(str::to_owned),
                _ => None,
            })
        };
        let home = found(None, Some("/home/ann")).unwrap();
        assert_eq!(home.parent(), Some(PathBuf::from("/home/ann").as_path()));
        assert_eq!(found(Some("/x"), Some("/y")), Some(PathBuf::from("/x")));
        assert_eq!(found(None, None), None);
    }

    #[test]
    fn nothing_secret_is_printed() {
        let shown = format!("{:?}", login("ann", "secret"));
        assert!(!shown.contains("secret") && !shown.contains("ann"));
    }
}
