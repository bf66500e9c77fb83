//! The rules that run for every request or for every byte: `cargo bench -p gomod`.
//!
//! Each is measured on input of the size that real builds have: a go.mod of 120 requirements is
//! what a large service has, and 900 lines its go.sum.

#![expect(clippy::unwrap_used, reason = "the input is made here")]

use divan::{Bencher, black_box, counter::BytesCount};
use gomod::{
    Artifact, ModulePath, Version, gosum,
    modfile::{self, ParseMode},
    sumhash,
};
use std::{fmt::Write as _, io::Cursor};
use testkit::fixture::Module;

const PATH: &str = "github.com/!azure/azure-sdk-for-go/sdk/azcore/@v/v1.19.1.mod";

fn main() {
    divan::main();
}

fn go_mod() -> Vec<u8> {
    let mut text = "module example.com/service\n\ngo 1.25.0\n\nrequire (\n".to_owned();
    for number in 0..120 {
        writeln!(text, "\texample.com/team/module{number}/v2 v2.{number}.3-0.20250102030405-abcdef123456 // indirect").unwrap();
    }
    text.push_str(")\n");
    text.into()
}

fn go_sum() -> Vec<u8> {
    let hash = "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    let mut text = String::new();
    for number in 0..450 {
        writeln!(text, "example.com/team/module{number} v1.{number}.0 {hash}").unwrap();
        writeln!(
            text,
            "example.com/team/module{number} v1.{number}.0/go.mod {hash}"
        )
        .unwrap();
    }
    text.into()
}

#[divan::bench]
fn artifact_path_is_read() -> Artifact {
    Artifact::from_escaped_path(black_box(PATH)).unwrap()
}

#[divan::bench]
fn artifact_path_is_written(bencher: Bencher<'_, '_>) {
    let artifact = Artifact::from_escaped_path(PATH).unwrap();
    bencher.bench(|| black_box(&artifact).escaped_path());
}

#[divan::bench]
fn module_path_is_checked() -> ModulePath {
    ModulePath::parse(black_box("github.com/Azure/azure-sdk-for-go/sdk/azcore")).unwrap()
}

#[divan::bench]
fn versions_are_compared(bencher: Bencher<'_, '_>) {
    let earlier = Version::parse("v1.2.3-0.20250102030405-abcdef123456").unwrap();
    let later = Version::parse("v1.2.3-0.20250102030406-abcdef123456").unwrap();
    bencher.bench(|| black_box(&earlier).cmp(black_box(&later)));
}

#[divan::bench]
fn go_mod_of_a_dependency_is_read(bencher: Bencher<'_, '_>) {
    let source = go_mod();
    bencher
        .counter(BytesCount::of_slice(&source))
        .bench(|| modfile::parse(black_box(&source), ParseMode::Lax).unwrap());
}

#[divan::bench]
fn go_mod_is_formatted(bencher: Bencher<'_, '_>) {
    let source = go_mod();
    bencher
        .counter(BytesCount::of_slice(&source))
        .bench(|| modfile::format(black_box(&source)).unwrap());
}

#[divan::bench]
fn go_sum_is_read(bencher: Bencher<'_, '_>) {
    let source = go_sum();
    bencher
        .counter(BytesCount::of_slice(&source))
        .bench(|| gosum::parse(black_box(&source)).unwrap());
}

#[divan::bench]
fn zip_is_hashed(bencher: Bencher<'_, '_>) {
    let zip = Module::new("example.com/m", "v1.0.0")
        .noise(1, 1 << 20)
        .zip();
    bencher
        .counter(BytesCount::of_slice(&zip))
        .bench(|| sumhash::h1_of_zip(Cursor::new(black_box(&zip))).unwrap());
}
