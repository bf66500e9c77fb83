//! Credentials that end while a server runs are renewed: once, however many meet the refusal.

use crate::kit::{Fake, PATH, Script, found, options, text, unavailable, upstreams};
use codes::Code;
use std::{fs, sync::Arc};
use upstream::{ClientGrant, SourceOptions, UpstreamOptions};
use url::Url;

/// Lets in whoever shows this.
async fn guarded(value: &'static str) -> Fake {
    Fake::start(move |asked, _| match asked.header("authorization") {
        Some(shown) if shown == value => Script::status(200, "", "module m\n"),
        _ => Script::status(401, "", ""),
    })
    .await
}

fn asked_with(fake: &Fake) -> Vec<String> {
    let asked = fake.asked();
    let values = asked
        .iter()
        .map(|asked| asked.header("authorization").unwrap_or("").to_owned());
    values.collect()
}

#[tokio::test]
async fn a_file_that_was_changed_is_read_again_at_a_refusal() {
    let fake = guarded("Bearer new").await;
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(&file, "machine 127.0.0.1 password old\n").unwrap();
    let options = UpstreamOptions {
        credentials: Some(file.path().to_owned()),
        ..options()
    };
    let upstreams = upstreams(&fake.url(), &options);
    let outage = unavailable(upstreams.walk(PATH).next().await);
    assert_eq!(outage.code, Code::UpstreamRefused);
    assert_eq!(
        asked_with(&fake),
        ["Bearer old"],
        "nothing newer is known, so it is asked once"
    );
    fs::write(&file, "machine 127.0.0.1 password new\n").unwrap();
    for _ in 0..2 {
        assert_eq!(
            text(found(upstreams.walk(PATH).next().await)).await,
            "module m\n"
        );
    }
    let shown = ["Bearer old", "Bearer old", "Bearer new", "Bearer new"];
    assert_eq!(asked_with(&fake), shown);
}

#[tokio::test]
async fn a_granted_token_that_expired_is_granted_anew_once_for_all_who_meet_it() {
    let issuer = Arc::new(
        Fake::start(|asked, number| {
            let is_client = asked.header("authorization") == Some("Basic bWU6czNjcmV0JTJCJTNB");
            let token = ["first", "second"].get(number).unwrap_or(&"later");
            let body = format!(
                "{{\"access_token\":\"{token}\",\"token_type\":\"Bearer\",\"expires_in\":60}}"
            );
            Script::status(
                if is_client { 200 } else { 401 },
                "content-type: application/json\r\n",
                &body,
            )
        })
        .await,
    );
    let fake = guarded("Bearer second").await;
    let secret = tempfile::NamedTempFile::new().unwrap();
    fs::write(&secret, "s3cret+:\n").unwrap();
    let url = Url::parse(&fake.url()).unwrap();
    let grant = ClientGrant {
        token_url: Url::parse(&format!("{}/token", issuer.url())).unwrap(),
        client_id: "me".to_owned(),
        secret_file: secret.path().to_owned(),
        scope: Some("read".to_owned()),
    };
    let special = SourceOptions {
        grant: Some(grant),
        ..SourceOptions::default()
    };
    let options = UpstreamOptions {
        per_source: vec![(url, special)],
        ..options()
    };
    let upstreams = upstreams(&fake.url(), &options);
    let walks = (0..8).map(|_| {
        let mut walk = upstreams.walk(PATH);
        async move { text(found(walk.next().await)).await }
    });
    let texts = futures_util::future::join_all(walks).await;
    assert_eq!(texts, vec!["module m\n"; 8]);
    assert_eq!(issuer.asked().len(), 2, "one token, and one in its place");
    let shown = asked_with(&fake);
    assert!(
        shown
            .iter()
            .all(|value| value == "Bearer first" || value == "Bearer second"),
        "{shown:?}"
    );
    assert!(!format!("{options:?}").contains("s3cret"));
}

#[tokio::test]
async fn a_grant_that_cannot_be_had_is_a_refusal_and_a_403_asks_for_none() {
    let fake = guarded("Bearer never").await;
    let forbidding = Fake::start(|_, _| Script::status(403, "", "")).await;
    let issuer = Fake::start(|_, _| Script::status(500, "", "")).await;
    let secret = tempfile::NamedTempFile::new().unwrap();
    for (source, hint) in [
        (&fake, "missing, wrong or expired"),
        (&forbidding, "may not read this"),
    ] {
        let special = SourceOptions {
            grant: Some(ClientGrant {
                token_url: Url::parse(&issuer.url()).unwrap(),
                client_id: "me".to_owned(),
                secret_file: secret.path().to_owned(),
                scope: None,
            }),
            ..SourceOptions::default()
        };
        let options = UpstreamOptions {
            per_source: vec![(Url::parse(&source.url()).unwrap(), special)],
            ..options()
        };
        let outage = unavailable(upstreams(&source.url(), &options).walk(PATH).next().await);
        assert_eq!(outage.code, Code::UpstreamRefused);
        assert!(format!("{outage:?}").contains(hint), "{outage:?}");
        assert_eq!(source.asked().len(), 1);
    }
}
