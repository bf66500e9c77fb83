//! `modkeep publish [DIR|ZIP] MODULE@VERSION --to URL`: a version is made into a zip, looked at, and sent.
//!
//! What is sent is checked here by the rules of the server, so that a mistake is told before a byte leaves;
//! what the server says about it is printed as it came. Nothing goes over plain http to another machine: what
//! arrives there is what everybody builds with from then on.

mod credentials;
mod sending;
mod zip_source;

use crate::{cli, exit_status::PROBLEM, failure::Failure, named_server, output, wiring};
use codes::Code;
use finding::printable;
use gomod::{Artifact, ArtifactKind, zip::command::parse_target};
use protocol::RefusalText;
use publish::ModuleZipContents;
use serde_json::json;
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};
use zip_source::ModuleFile;

pub(crate) fn main(matches: &clap::ArgMatches) -> Result<ExitCode, Failure> {
    wiring::run(publish(matches))?.or_else(|failure| match failure.code() {
        Code::CheckoutDirty
        | Code::BadPublication
        | Code::UnpublishableVersion
        | Code::NoCredentials
        | Code::UploadRefused => {
            output::error(&failure.to_string());
            Ok(ExitCode::from(PROBLEM))
        }
        _ => Err(failure),
    })
}

async fn publish(matches: &clap::ArgMatches) -> Result<ExitCode, Failure> {
    let (what, artifact) = target(matches)?;
    let flag = |name| matches.get_flag(name);
    let file = zip_source::open(&what, &artifact, flag("allow-dirty")).await?;
    for note in &file.notes {
        output::error(note);
    }
    let contents = ModuleZipContents::read(&artifact, &file.file, file.size);
    let contents = contents.map_err(|refusal| {
        let facts = match refusal.text {
            RefusalText::Lines(lines) => lines.join("\n"),
            RefusalText::Facts(text) | RefusalText::Relayed(text) => text,
        };
        Failure::new(refusal.code, facts)
    })?;
    if flag("dry-run") {
        show(&artifact, &file, &contents, flag("json"));
        return Ok(ExitCode::SUCCESS);
    }
    let Some(url) = matches
        .get_one::<String>("to")
        .cloned()
        .or_else(named_server::url_of_environment)
    else {
        let facts = "--to says where it is published";
        return Err(Failure::new(Code::BadConfiguration, facts));
    };
    let settings = cli::settings(matches)?;
    let server = sending::PublishServer::open(&url, &settings, matches)?;
    let reply = server.send(&artifact, &file).await?;
    sending::tell(&artifact, &contents, &reply, flag("json"))
}

/// What is published, and as what.
fn target(matches: &clap::ArgMatches) -> Result<(PathBuf, Artifact), Failure> {
    let words: Vec<&String> = matches.get_many("what").into_iter().flatten().collect();
    let (what, name) = match words.as_slice() {
        [name] => (Path::new("."), name),
        [what, name] => (Path::new(what.as_str()), name),
        _ => return Ok((PathBuf::new(), target_of("")?)),
    };
    Ok((what.to_owned(), target_of(name)?))
}

fn target_of(name: &str) -> Result<Artifact, Failure> {
    let parsed = parse_target(name);
    let (module, version) = parsed.map_err(|error| {
        let facts = format!("{}: {error}", printable(name));
        Failure::new(Code::BadInputFile, facts)
    })?;
    Ok(Artifact {
        module,
        version,
        kind: ArtifactKind::Zip,
    })
}

/// What would be published.
fn show(artifact: &Artifact, file: &ModuleFile, contents: &ModuleZipContents, as_json: bool) {
    let (module, version) = (&artifact.module, &artifact.version);
    if as_json {
        let files = contents.files.iter();
        let files: Vec<_> = files
            .map(|(path, size)| json!({ "path": path, "size": size }))
            .collect();
        let document = json!({
            "module": module.as_str(), "version": version.as_str(), "outcome": "dry-run",
            "h1": contents.h1, "go-mod-h1": contents.go_mod_h1, "size": file.size, "files": files,
        });
        output::line(&document.to_string());
        return;
    }
    for (path, size) in &contents.files {
        output::line(&format!("{:>10}  {path}", output::size(*size)));
    }
    let (count, size) = (contents.files.len(), output::size(file.size));
    output::line(&format!(
        "{module}@{version}: {count} files, {size} as a zip"
    ));
    output::line(&format!("zip    {}", contents.h1));
    output::line(&format!("go.mod {}", contents.go_mod_h1));
}
