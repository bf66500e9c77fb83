//! `modkeep auth`.

use clap::{Arg, ArgAction, Command, ValueHint};

/// The command.
pub(crate) fn auth() -> Command {
    let text = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    let file = |name, help| text(name, "FILE", help).value_hint(ValueHint::FilePath);
    let url = Arg::new("url").value_name("URL|login").help(
        "What go adds where a server answered 4xx; or login, to log in at the issuer on a terminal",
    );
    let server = text(
        "server",
        "URL",
        "The server that asks who calls, https; may be given several times [env: MODKEEP_SERVER]",
    )
    .action(ArgAction::Append)
    .value_hint(ValueHint::Url);
    Command::new("auth")
        .about("Tell go who calls: a GOAUTH command")
        .arg(url)
        .args([
            server,
            file("token-file", "A file with a token; MODKEEP_TOKEN is the token itself"),
            file("netrc", "A netrc file [default: the one that go reads]"),
            text("ci-variable", "NAME", "The variable in which a CI job finds its token: an id_token of GitLab"),
            text("audience", "TEXT", "For whom a token is asked [default: the host of the server]"),
            text("issuer", "URL", "The issuer that gives tokens").value_hint(ValueHint::Url).requires("client-id"),
            text("client-id", "ID", "As whom it is asked").requires("issuer"),
            file("client-secret-file", "The secret of that client: its own token is used, and nobody logs in").requires("client-id"),
            text("scopes", "WORDS", "The scopes that are asked for, with spaces between them"),
            text("cache", "DIR", "Where tokens are kept, readable for this user alone [default: the user's cache directory]")
                .value_hint(ValueHint::DirPath),
            file("ca", "PEM file of further trusted roots, for the issuer"),
        ])
        .after_help(
            "Examples:\n  GOAUTH='modkeep auth --server https://go.example --token-file /run/secrets/modkeep'\n  \
             modkeep auth login --server https://go.example --issuer https://id.example --client-id go\n  \
             GOAUTH='modkeep auth --server https://go.example --audience modkeep'   (in a job of GitHub Actions)",
        )
}
