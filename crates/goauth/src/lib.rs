//! Goauth: what `go` is told so that a server knows who calls (`go help goauth`).
//!
//! `go` starts the command once before its first fetch, and once more for *each* answer 4xx: a build that looks for three
//! hundred paths that are not there starts it three hundred times. So the second kind of call is answered from a
//! file, without network, unless the server said 401; and then an issuer is asked at most once in half a minute.
//!
//! Only `Authorization` is ever printed, and only for the servers that were named: `go` repeats other headers to the host
//! of a redirect. What is kept is readable for its user alone, and replaced as a whole.

mod login_file;
mod question;
mod session;
mod token_source;

pub use login_file::LoginFileError;
pub use question::{GoQuestion, GoServer, GoServerError};
pub use session::{AuthOptions, AuthSession, LoginPrompt, SessionError};
pub use token_source::{CiSource, ClientSource, TokenSourceError};
