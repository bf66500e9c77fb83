//! Orders about tokens.

use super::outcome::OrderOutcome;
use crate::failure::Failure;
use access::{
    AccessScopes,
    token::{NewToken, TokenListError, TokenRecord, TokenRegistry, TokenStoreError},
};
use codes::Code;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::fmt::Write as _;
use store::Store;

/// An order about tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum TokenOrder {
    /// One is made.
    Create {
        name: String,
        scopes: AccessScopes,
        expires: Option<Timestamp>,
    },
    /// One is taken back.
    Revoke { token: String },
    /// All are shown.
    List,
}

pub(super) async fn carry_out(store: &Store, order: &TokenOrder) -> Result<OrderOutcome, Failure> {
    let tokens = TokenRegistry::open(store.clone()).await.map_err(failure)?;
    let now = Timestamp::now();
    match order {
        TokenOrder::Create {
            name,
            scopes,
            expires,
        } => {
            let new = NewToken {
                name: name.clone(),
                scopes: scopes.clone(),
                expires: *expires,
            };
            let (record, text) = tokens.create(new, now).await.map_err(failure)?;
            let about = format!(
                "token {} for {}: {}; {}\nit is shown this once; to take it back: modkeep token revoke {}",
                record.id,
                record.name,
                record.scopes,
                end(&record),
                record.id
            );
            let mut value = as_json(&record, None);
            if let Some(object) = value.as_object_mut() {
                object.insert("token".to_owned(), text.reveal().into());
            }
            Ok(OrderOutcome {
                lines: vec![text.reveal().to_owned(), about, value.to_string()],
                done: true,
            })
        }
        TokenOrder::Revoke { token } => {
            let revoked = tokens.revoke(token, now).await.map_err(failure)?;
            let line = match &revoked {
                Some(record) => format!(
                    "token {} for {} is good for nothing any more",
                    record.id, record.name
                ),
                None => format!("{token} was revoked before"),
            };
            Ok(OrderOutcome {
                lines: vec![line],
                done: revoked.is_some(),
            })
        }
        TokenOrder::List => {
            let all = tokens.list().await.map_err(failure)?;
            let values: Vec<_> = all
                .iter()
                .map(|(record, used)| as_json(record, *used))
                .collect();
            Ok(OrderOutcome {
                lines: vec![
                    table(&all, now),
                    serde_json::Value::from(values).to_string(),
                ],
                done: true,
            })
        }
    }
}

fn table(all: &[(TokenRecord, Option<Timestamp>)], now: Timestamp) -> String {
    if all.is_empty() {
        return "no token was made yet".to_owned();
    }
    let mut text = String::new();
    for (record, used) in all {
        let used = used.map_or_else(
            || "never used".to_owned(),
            |at| format!("last used {}", at.strftime("%F")),
        );
        let state = match record.standing(now) {
            Ok(()) => end(record),
            Err(failure) => failure.reason.name().to_owned(),
        };
        let _ = writeln!(
            text,
            "{}  {}  {}  {state}  {used}",
            record.id, record.name, record.scopes
        );
    }
    text.truncate(text.trim_end().len());
    text
}

fn end(record: &TokenRecord) -> String {
    record.expires.map_or_else(
        || "it never expires".to_owned(),
        |at| format!("until {}", at.strftime("%F %H:%M UTC")),
    )
}

fn as_json(record: &TokenRecord, used: Option<Timestamp>) -> serde_json::Value {
    json!({
        "id": record.id,
        "name": record.name,
        "scopes": record.scopes,
        "created": record.created,
        "expires": record.expires,
        "revoked": record.revoked,
        "last-used": used,
    })
}

fn failure(error: TokenStoreError) -> Failure {
    match error {
        TokenStoreError::Store(error) => error.into(),
        TokenStoreError::List(
            error @ (TokenListError::Unknown(_) | TokenListError::Ambiguous(..)),
        ) => Failure::new(Code::NoSuchToken, error.to_string()),
        error => Failure::of(Code::StoreUnavailable, &error),
    }
}
