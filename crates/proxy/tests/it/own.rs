//! A checksum database of the site's own, from inside.

use checksumdb::{OwnOptions, VerifyOptions};
use codes::Code;
use gomod::{
    Artifact, ArtifactKind, ModulePath, Version, goproxy::ProxyList, pattern::ModulePatterns,
};
use protocol::{Caller, Fetching, Resource};
use proxy::{Metrics, Proxy, ProxyOptions};
use std::{net::Ipv4Addr, sync::Arc};
use store::{Key, Store, StoreOptions, own};
use tempfile::TempDir;
use testkit::{
    fixture::{Corpus, Module},
    upstream::FakeUpstream,
};
use upstream::{UpstreamOptions, Upstreams};

const NAME: &str = "sum.corp.example.com/2026";

struct Site {
    store: Store,
    proxy: Proxy,
    data: TempDir,
}

impl Site {
    async fn new(private: &FakeUpstream) -> Self {
        let data = TempDir::new().unwrap();
        own::init(data.path(), NAME).unwrap();
        let store = Store::open(StoreOptions::local(data.path())).await.unwrap();
        let reach = |list: &str| {
            let list = ProxyList::parse(list).unwrap();
            Upstreams::new(&list, &UpstreamOptions::default()).unwrap()
        };
        let options = ProxyOptions {
            verify: VerifyOptions {
                private: ModulePatterns::parse("corp.example.com"),
                no_sumdb: ModulePatterns::parse("corp.example.com"),
                ..VerifyOptions::default()
            },
            private_upstreams: Some(reach(&private.url())),
            own: OwnOptions {
                databases: store.own_databases().unwrap(),
                active: Some(NAME.to_owned()),
                ..OwnOptions::default()
            },
            ..ProxyOptions::default()
        };
        let proxy = Proxy::new(
            store.clone(),
            reach("off"),
            options,
            Arc::new(Metrics::new()),
        );
        proxy.begin().await;
        Self { store, proxy, data }
    }

    async fn get(&self, artifact: Artifact) -> Result<proxy::Answer, protocol::Refusal> {
        let caller = Caller::at(Ipv4Addr::LOCALHOST.into());
        let resource = Resource::Artifact(artifact);
        self.proxy
            .answer(&caller, &resource, Fetching::Allowed)
            .await
    }
}

fn secret(kind: ArtifactKind) -> Artifact {
    Artifact {
        module: ModulePath::parse("corp.example.com/secret").unwrap(),
        version: Version::parse("v1.0.0").unwrap(),
        kind,
    }
}

/// Clients may keep to the public database: their private modules are logged all the same.
#[tokio::test]
async fn what_nobody_looks_up_is_logged_and_proven_all_the_same() {
    let module = Module::new("corp.example.com/secret", "v1.0.0");
    let private = FakeUpstream::start(Corpus::new().with(&module));
    let site = Site::new(&private).await;
    for kind in [ArtifactKind::Mod, ArtifactKind::Zip] {
        let answer = site.get(secret(kind)).await.unwrap();
        assert_eq!(answer.evidence.to_string(), "private");
        if let proxy::Body::Flight(reader) = answer.body {
            drop(reader);
        }
    }
    site.proxy.settled().await;
    let key = Key::Artifact(secret(ArtifactKind::Zip));
    while site.store.find(&key).await.unwrap().is_none() {
        tokio::task::yield_now().await;
    }
    site.proxy.prove_pending().await.unwrap();
    for kind in [ArtifactKind::Mod, ArtifactKind::Zip] {
        let record = site.store.find(&Key::Artifact(secret(kind))).await.unwrap();
        assert_eq!(
            record.unwrap().evidence.to_string(),
            format!("sumdb {NAME} 0")
        );
    }
    let keys = own::list(site.data.path()).unwrap();
    let keys: Vec<_> = keys.into_iter().map(|own| own.key).collect();
    let all = checksumdb::Selection::default();
    let report = checksumdb::reprove(&site.store, &keys, &all, |_| {})
        .await
        .unwrap();
    assert!(
        report.is_sound() && report.proven.get(NAME) == Some(&2),
        "{report:?}"
    );
}

#[tokio::test]
async fn an_echo_of_a_database_that_is_not_ours_is_refused() {
    let private = FakeUpstream::start(Corpus::new());
    let site = Site::new(&private).await;
    let refusal = site.proxy.echo("sum.example.com/2026", b"x").await;
    assert_eq!(refusal.unwrap_err().code, Code::SumdbUnsupported);
    let refusal = site.proxy.echo(NAME, b"x").await;
    assert_eq!(refusal.unwrap_err().code, Code::SumdbUntrusted);
}
