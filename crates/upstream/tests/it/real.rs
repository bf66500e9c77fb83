//! The real thing: whatever proxy `go` is configured for.

use testkit::process::{self, Output};
use upstream::{Outcome, UpstreamOptions};

use crate::kit::{found, text, upstreams};

/// One small module that every public proxy has, and one that none has.
#[tokio::test]
#[ignore = "needs the network: cargo test -p upstream -- --ignored"]
#[expect(
    clippy::disallowed_methods,
    reason = "`go env` is asked which proxy is configured"
)]
async fn the_proxy_that_go_is_configured_for_answers() {
    let mut go = std::process::Command::new("go");
    let Output { stdout: list, .. } = process::run(
        go.args(["env", "GOPROXY"]),
        std::time::Duration::from_mins(1),
    );
    let upstreams = upstreams(list.trim(), &UpstreamOptions::default());
    println!("{:?}", upstreams.describe());

    let go_mod = text(found(
        upstreams.walk("rsc.io/quote/@v/v1.5.2.mod").next().await,
    ))
    .await;
    assert!(
        go_mod.starts_with("module \"rsc.io/quote\"\n"),
        "{go_mod:?}"
    );
    let zip = found(upstreams.walk("rsc.io/quote/@v/v1.5.2.zip").next().await)
        .whole()
        .await
        .unwrap();
    assert!(zip.starts_with(b"PK"), "{} bytes", zip.len());
    // Some networks forbid what they do not know: a refusal is as good as absence here.
    match upstreams.walk("rsc.io/quote/@v/v9.9.9.mod").next().await {
        Outcome::Found(download) => panic!("{download:?}"),
        other => println!("{other:?}"),
    }
}
