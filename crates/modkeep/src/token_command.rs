//! `modkeep token create|list|revoke`.
//!
//! Tokens are in the store, so whoever may change its files may make them; where a server holds the data
//! directory it makes them, over its control socket. The token alone goes to standard output, so that
//! `TOKEN=$(modkeep token create ...)` works; what there is to know about it goes to standard error.

use crate::{
    cli,
    exit_status::{PROBLEM, UNUSABLE},
    failure::Failure,
    order::{StoreOrder, TokenOrder},
    output, store_command, wiring,
};
use access::AccessScopes;
use clap::ArgMatches;
use codes::Code;
use jiff::{SignedDuration, Timestamp};
use std::process::ExitCode;

pub(crate) fn main(matches: &ArgMatches) -> Result<ExitCode, Failure> {
    let Some((verb, matches)) = matches.subcommand() else {
        return Ok(ExitCode::from(UNUSABLE));
    };
    let resolved = cli::given(matches)?;
    let data = cli::data(&resolved)?;
    let order = match verb {
        "create" => created(matches)?,
        "revoke" => TokenOrder::Revoke {
            token: text(matches, "token").to_owned(),
        },
        _ => TokenOrder::List,
    };
    // The first token may well be made before the first start.
    if verb != "create" {
        wiring::require_store(&data)?;
    }
    let order = StoreOrder::Token { token: order };
    let outcome = wiring::run(store_command::carried_out(&data, &order))??;
    let is_json = verb != "revoke" && matches.get_flag("json");
    match (verb, &outcome.lines[..]) {
        ("create", [token, about, json]) => {
            output::line(if is_json { json } else { token });
            if !is_json {
                output::error(about);
            }
        }
        ("list", [table, json]) => {
            output::line(if is_json { json } else { table });
        }
        (_, lines) => lines.iter().for_each(|line| output::line(line)),
    }
    Ok(if outcome.done {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(PROBLEM)
    })
}

fn created(matches: &ArgMatches) -> Result<TokenOrder, Failure> {
    let wrong = |facts: String| Failure::new(Code::BadInputFile, facts);
    let name = text(matches, "name").trim();
    let is_plain = |letter: char| !letter.is_control();
    if name.is_empty() || name.len() > 200 || !name.chars().all(is_plain) {
        return Err(wrong("a name has 1 to 200 printable characters".to_owned()));
    }
    let scopes = matches.get_many::<String>("scope").unwrap_or_default();
    let scopes: Vec<&str> = scopes.map(String::as_str).collect();
    let scopes =
        AccessScopes::parse(&scopes.join(" ")).map_err(|error| wrong(error.to_string()))?;
    let expires = match text(matches, "expires") {
        "never" => None,
        time => {
            let length = config::parse_duration(time)
                .map_err(|why| wrong(format!("--expires: {why}; or never")))?;
            let end = SignedDuration::try_from(length).ok();
            let end = end.and_then(|length| Timestamp::now().checked_add(length).ok());
            Some(end.ok_or_else(|| wrong(format!("--expires: {time} is too long")))?)
        }
    };
    Ok(TokenOrder::Create {
        name: name.to_owned(),
        scopes,
        expires,
    })
}

fn text<'m>(matches: &'m ArgMatches, name: &str) -> &'m str {
    matches.get_one::<String>(name).map_or("", String::as_str)
}
