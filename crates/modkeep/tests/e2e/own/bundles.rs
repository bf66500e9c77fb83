//! Bundles of a site with a database of its own.

use super::{NAME, Site, modkeep, secret};
use crate::site::BINARY;
use testkit::{go::Go, server::Setup};

#[test]
fn a_bundle_of_private_modules_needs_no_key_and_asks_nobody_for_them() {
    let mut site = Site::new("private", &[], &[secret("one"), secret("two")]);
    let client = site.go();
    for name in ["one", "two"] {
        client
            .download(&format!("corp.example.com/{name}@v1.0.0"))
            .assert_ok();
    }
    site.private.forget();
    site.public.forget();
    let place = tempfile::tempdir().unwrap();
    let url = site.public.url();
    // Beside the running server, and without it.
    for round in 0..2 {
        let bundle = place.path().join(format!("{round}.bundle"));
        let path = bundle.to_str().unwrap();
        let arguments = ["store", "export", "--bundle", path, "--upstream", &url];
        let private = ["--private", "corp.example.com"];
        let output = modkeep(&[&arguments[..], &private].concat(), site.server.data());
        output.assert_ok();
        assert!(
            output
                .stdout
                .contains(&format!("{NAME}: the head of 2 records")),
            "{output}"
        );
        site.public.assert_untouched();
        site.private.assert_untouched();
        // Proven on the far side with the database's key alone, and served to go there.
        let mut far = Setup::new(BINARY, "off")
            .option("--verify", "required")
            .option("--sumdb", &site.key)
            .start();
        let import = ["store", "import", path, "--sumdb", &site.key];
        let imported = modkeep(&import, far.data());
        imported.assert_ok();
        let proven = format!("4 artifacts proven by {NAME}");
        assert!(imported.stdout.contains(&proven), "{imported}");
        let go = Go::new(&far.url()).env("GOSUMDB", &site.key);
        go.get("corp.example.com/one@latest").assert_ok();
        far.stop();
        if round == 0 {
            site.server.stop();
        }
    }
}
