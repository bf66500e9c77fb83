//! `modkeep doctor` with a pasted message about hashes: what the log makes of both of them.

use crate::site::BINARY;
use serde_json::Value;
use std::{fs, path::Path, process::Command, time::Duration};
use testkit::{
    database::Database,
    fixture::{Corpus, Module},
    go::{Go, Project},
    process::{self, Output},
    upstream::{FakeUpstream, Fault, Kind},
};

const FORGED: &str = "h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const OTHER: &str = "h1:BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA=";

/// The hashes of github.com/onsi/ginkgo v1.16.3 in sum.golang.org.
const GINKGO: (&str, &str) = (
    "h1:3s86PZkI1ApJh6HFIzC1gXby/mIyZqfE5zxSvtoBSsM=",
    "h1:CObGmKUOKaSC0RjmoAK7tKyn4Azo5P2IWuoMnvwxz1E=",
);

/// A proxy that passes a checksum database on, and what somebody has who asks it.
struct Site {
    proxy: FakeUpstream,
    database: Database,
    module: Module,
    project: Project,
}

// === impl Site ===

impl Site {
    fn new() -> Self {
        let module = Module::new("example.com/m", "v1.0.0").noise(3, 20_000);
        let mut database = Database::new("sum.example.com/2026", 1);
        database.fill(50);
        database.log(&module);
        // What the real log has of the module of the transcript.
        let (zip, go_mod) = GINKGO;
        database.log_hashes("github.com/onsi/ginkgo", "v1.16.3", zip, go_mod);
        let mut corpus = Corpus::new();
        corpus.add(&module);
        database.publish(&mut corpus);
        Self {
            proxy: FakeUpstream::start(corpus),
            database,
            module,
            project: Project::new("module example.com/main\n\ngo 1.21\n", &[]),
        }
    }

    fn user(&self) -> Go {
        Go::new(&self.proxy.url()).env("GOSUMDB", &self.database.key())
    }

    fn doctor(&self, go: &Go, arguments: &[&str]) -> Output {
        let mut command = Command::new(BINARY);
        go.prepare(&mut command);
        command.arg("doctor").args(arguments);
        command.current_dir(self.project.path());
        process::run(&mut command, Duration::from_secs(50))
    }

    /// What a message comes to; it is never an exit code of success.
    #[track_caller]
    fn sums(&self, go: &Go, message: &str) -> Value {
        let told = self.doctor(go, &["--json", message]);
        assert_ne!(told.status.code(), Some(0), "{told}");
        let told: Value = serde_json::from_str(&told.stdout).unwrap();
        told["sums"].clone()
    }
}

fn mismatch(downloaded: &str, go_sum: &str) -> String {
    format!(
        "verifying example.com/m@v1.0.0: checksum mismatch\n\tdownloaded: {downloaded}\n\tgo.sum:     {go_sum}\n\nSECURITY ERROR\n"
    )
}

#[test]
fn the_log_tells_which_hash_of_a_message_is_wrong_and_nobody_is_asked_for_bytes() {
    let site = Site::new();
    let right = site.module.h1();
    for (downloaded, go_sum, verdict) in [
        (FORGED, right.as_str(), "download"),
        (&right, FORGED, "go-sum"),
        (FORGED, OTHER, "download-and-go-sum"),
    ] {
        let told = site.sums(&site.user(), &mismatch(downloaded, go_sum));
        assert_eq!(
            (&told["verdict"], &told["confidence"]),
            (&verdict.into(), &"certain".into()),
            "{told:#}"
        );
        let served = told["served"].as_str().unwrap_or_default();
        assert_eq!(
            served.contains(&site.proxy.url()),
            downloaded == FORGED,
            "{told:#}"
        );
    }
    assert_eq!(site.proxy.count(Kind::Zip), 0);
    let page = site
        .doctor(&site.user(), &[&mismatch(FORGED, &right)])
        .stdout;
    assert!(
        !page.contains("has passed") && !page.contains("Run the command again"),
        "{page}"
    );
    assert!(
        page.contains("sent by:") && page.contains("doctor --sums example.com/m@v1.0.0"),
        "{page}"
    );
}

#[test]
fn further_versions_in_a_text_are_named_though_one_is_compared() {
    let site = Site::new();
    let first = mismatch(FORGED, &site.module.h1());
    let text = format!(
        "{first}{}",
        first.replace("example.com/m@", "example.com/other@")
    );
    let told = site.doctor(&site.user(), &[&text]);
    assert!(
        told.stdout
            .contains("not compared: example.com/other@v1.0.0"),
        "{told}"
    );
    assert!(
        !told.stdout.contains("not compared: example.com/m@"),
        "{told}"
    );
}

#[test]
fn who_the_text_names_is_named_before_the_list_here() {
    let site = Site::new();
    let text = format!(
        "ENV GOPROXY=https://goproxy.elsewhere.example,direct\n{}",
        mismatch(FORGED, &site.module.h1())
    );
    let told = site.sums(&site.user(), &text);
    let served = told["served"].as_str().unwrap();
    assert!(
        served.contains("https://goproxy.elsewhere.example"),
        "{served}"
    );
    assert!(!served.contains(&site.proxy.url()), "{served}");
}

#[test]
fn lines_of_go_mod_are_compared_with_the_log_of_go_mod() {
    let site = Site::new();
    let right = site.module.go_mod_h1();
    let message = mismatch(FORGED, &right).replace("v1.0.0:", "v1.0.0/go.mod:");
    let told = site.sums(&site.user(), &message);
    assert_eq!(told["verdict"], "download", "{told:#}");
    let rows = told["rows"].as_array().unwrap();
    let pasted = rows.iter().filter(|row| row["who"] == "pasted-go-sum");
    let files: Vec<&Value> = pasted.map(|row| &row["file"]).collect();
    assert_eq!(files, ["go-mod"]);
}

#[test]
fn a_message_about_the_database_is_held_against_its_log() {
    let site = Site::new();
    let right = site.module.h1();
    let message = |recorded: &str| {
        format!(
            "go: example.com/m@v1.0.0: verifying module: checksum mismatch\n\tdownloaded: {FORGED}\n\tsum.example.com/2026: {recorded}\n\nSECURITY ERROR\nThis download does NOT match the one reported by the checksum server.\n"
        )
    };
    let told = site.sums(&site.user(), &message(&right));
    assert_eq!(told["verdict"], "download", "{told:#}");
    let told = site.sums(&site.user(), &message(OTHER));
    assert_eq!(
        (&told["verdict"], &told["confidence"]),
        (&"untold".into(), &"open".into()),
        "{told:#}"
    );
    assert!(
        told["why"].as_str().unwrap().contains("two stories"),
        "{told:#}"
    );
}

#[test]
fn without_a_log_a_message_is_not_settled_by_what_a_proxy_sends_today() {
    let site = Site::new();
    let right = site.module.h1();
    site.proxy.always(Kind::Sumdb, Fault::status(503));
    let told = site.sums(&site.user(), &mismatch(FORGED, &right));
    assert_eq!(told["verdict"], "untold", "{told:#}");
    assert!(
        told["why"].as_str().unwrap().contains("does not tell"),
        "{told:#}"
    );
    // A private module: no database is asked, and it is said what to do instead.
    let private = site.user().env("GONOSUMDB", "example.com");
    let told = site.sums(&private, &mismatch(FORGED, &right));
    assert_eq!(told["verdict"], "untold", "{told:#}");
    assert!(
        told["next"].as_str().unwrap().contains("private"),
        "{told:#}"
    );
    // Without its hashes a message says only that somebody was wrong.
    site.proxy.heal();
    let told = site.sums(&site.user(), "verifying example.com/m@v1.0.0: checksum mismatch\n\tdownloaded: ...\n\tgo.sum: ...\n\nSECURITY ERROR\nThis download does NOT match an earlier download recorded in go.sum.\n");
    if !told.is_null() {
        assert_eq!(told["verdict"], "untold", "{told:#}");
    }
}

/// The transcript of a build at which the download, and not go.sum, was wrong.
#[test]
fn a_transcript_from_the_field_names_who_may_have_sent_wrong_bytes() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/field/doctor/d01-sum-ginkgo-file-right.txt");
    let Ok(text) = fs::read_to_string(&file) else {
        eprintln!("skipped: {} is not here", file.display());
        return;
    };
    let site = Site::new();
    let told = site.sums(&site.user(), &text);
    assert_eq!(
        (&told["verdict"], &told["confidence"]),
        (&"download".into(), &"certain".into()),
        "{told:#}"
    );
    assert!(
        told["served"].as_str().unwrap().contains(&site.proxy.url()),
        "{told:#}"
    );
    let page = site.doctor(&site.user(), &[&text]).stdout;
    assert!(page.contains("[sum/go-sum-mismatch"), "{page}");
    assert!(
        !page.contains("has passed") && !page.contains("Run the command again"),
        "{page}"
    );
}
