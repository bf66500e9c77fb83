//! The same with real modules, through the proxy that the go command is configured with; only when
//! asked for: `cargo test -p modkeep --test e2e project::real -- --ignored --nocapture`.

use std::process::Command;

use testkit::go::Project;

use super::User;
use super::oracle::{Compared, compare};

const SMALL: &str = include_str!("small.go.mod.txt");
const LARGE: &str = include_str!("large.go.mod.txt");

/// Going up, adding, going down with others, doing without.
const TARGETS: &[(&str, &str)] = &[
    (SMALL, "github.com/gin-gonic/gin@v1.10.0"),
    (SMALL, "k8s.io/client-go@v0.30.0"),
    (SMALL, "google.golang.org/grpc@v1.60.0"),
    (SMALL, "gorm.io/gorm@v1.25.0"),
    (SMALL, "go.uber.org/zap@v1.20.0"),
    (SMALL, "github.com/golang/protobuf@v1.5.0"),
    (SMALL, "github.com/spf13/cobra@v1.8.0"),
    (SMALL, "github.com/spf13/cobra@none"),
    (SMALL, "github.com/stretchr/testify@none"),
    (SMALL, "golang.org/x/sys@v0.20.0"),
    (SMALL, "golang.org/x/sys@none"),
    (SMALL, "github.com/prometheus/client_golang@v1.19.0"),
    (SMALL, "github.com/prometheus/client_golang@none"),
    (LARGE, "k8s.io/client-go@v0.34.0"),
    (LARGE, "k8s.io/apimachinery@v0.34.1"),
    (LARGE, "google.golang.org/protobuf@v1.34.0"),
    (LARGE, "google.golang.org/grpc@v1.70.0"),
    (LARGE, "golang.org/x/net@v0.30.0"),
    (LARGE, "github.com/gin-gonic/gin@v1.9.0"),
    (LARGE, "github.com/gin-gonic/gin@none"),
    (LARGE, "gorm.io/gorm@v1.25.0"),
    (LARGE, "go.uber.org/zap@none"),
    (LARGE, "github.com/spf13/cobra@v1.8.0"),
];

#[test]
#[ignore = "asks the configured proxy for real modules"]
fn whatif_selects_what_go_get_selects_of_real_modules() {
    let output = Command::new("go")
        .args(["env", "GOPROXY"])
        .output()
        .unwrap();
    let proxy = String::from_utf8(output.stdout).unwrap().trim().to_owned();
    if proxy.is_empty() || proxy == "off" {
        println!("skipped: the go command has no proxy");
        return;
    }
    let user = User::of(&proxy);
    let (mut same, mut different) = (0, Vec::new());
    for (go_mod, target) in TARGETS {
        match compare(&user, &Project::new(go_mod, &[]), target) {
            Compared::Same(_) => same += 1,
            Compared::Refused => different.push(format!("{target}: refused")),
            Compared::Different(how) => different.push(how),
        }
    }
    for how in &different {
        println!("{how}");
    }
    println!(
        "go get of real modules: {same} the same, {} not",
        different.len()
    );
    assert!(different.is_empty());
}
