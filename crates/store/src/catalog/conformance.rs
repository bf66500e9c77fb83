//! What every catalog promises, tried against the port alone.
//!
//! Each test is written once, over a [`Fixture`], and runs for every catalog that `conformance!` names
//! at the end. A further catalog adds a fixture and one line there. What is private to one of them (how
//! it migrates, what it does on a full disk, how it is rebuilt) is tested where it is.

mod captures;
mod fixtures;
mod journal;
mod publications;
mod trust;

use super::{Catalog, NewCapture};
use crate::{blob::BlobId, key::Key, record::Provenance};
use gomod::{ModulePath, Version};
use jiff::Timestamp;
use protocol::Evidence;
use std::sync::Arc;

/// A catalog of its own for one test.
trait Fixture: Sized {
    /// An empty one.
    async fn open() -> Self;

    /// The same after its process has ended and another one began.
    async fn reopen(self) -> Self;

    /// The catalog.
    fn catalog(&self) -> Arc<dyn Catalog>;

    /// Has a capture say something of why it is trusted that no release says.
    async fn plant_evidence(&self, path: &str, text: &str);
}

fn key(path: &str) -> Key {
    Key::parse(path).expect("the path of a key")
}

fn module(path: &str) -> ModulePath {
    ModulePath::parse(path).expect("a module path")
}

fn version(text: &str) -> Version {
    Version::parse(text).expect("a version")
}

fn second(number: i64) -> Timestamp {
    Timestamp::from_second(number).expect("a time")
}

fn provenance() -> Provenance {
    Provenance {
        h1: Some("h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=".to_owned()),
        source: "https://proxy.example.com".to_owned(),
        evidence: Evidence::FirstSeen,
        ..Provenance::default()
    }
}

/// A capture of these bytes under this path.
fn capture(path: &str, bytes: &str) -> NewCapture {
    capture_with(path, bytes, provenance())
}

fn capture_with(path: &str, bytes: &str, provenance: Provenance) -> NewCapture {
    NewCapture {
        key: key(path),
        path: path.to_owned(),
        blob: BlobId::of(bytes.as_bytes()),
        size: bytes.len() as u64,
        provenance,
    }
}

/// Runs every test for a catalog.
macro_rules! conformance {
    ($name:ident: $fixture:ty, [$($group:ident :: $test:ident),+ $(,)?]) => {
        mod $name {
            $(
                #[tokio::test]
                async fn $test() {
                    super::$group::$test::<$fixture>().await;
                }
            )+
        }
    };
}

/// The list of all tests, once.
macro_rules! conformance_of_every_catalog {
    ($($name:ident: $fixture:ty),+ $(,)?) => {
        $(conformance!($name: $fixture, [
            captures::what_was_captured_is_never_overwritten,
            captures::of_racing_captures_one_wins,
            captures::pages_join_up,
            captures::what_is_kept_of_modules_and_versions,
            captures::the_index_has_the_first_capture_of_each_version,
            captures::unknown_evidence_is_an_error_of_its_row,
            captures::a_withdrawn_capture_may_be_captured_anew,
            captures::lost_bytes_give_way_to_those_with_the_same_hash_alone,
            captures::unconfirmed_bytes_give_way_to_others,
            captures::a_confirmation_is_about_one_blob,
            captures::an_order_about_a_version_is_written_once,
            publications::a_publication_is_whole_and_written_once,
            publications::a_publication_completes_what_a_source_gave,
            journal::entries_have_no_gaps_and_their_times_grow,
            journal::a_change_is_made_though_its_asker_left,
            journal::everything_outlives_the_process,
            journal::heads_and_tiles_are_those_of_the_entries,
            journal::a_head_that_was_signed_over_other_entries_is_told,
            trust::a_database_has_one_record_a_version,
            trust::a_capture_that_completes_a_version_has_it_logged,
            trust::a_proof_raises_the_captures_it_vouches_for,
            trust::proofs_are_paged_in_the_order_in_which_they_came,
            trust::a_state_is_changed_by_who_knows_it,
            trust::tiles_only_become_wider,
            trust::cases_and_the_backlog,
            trust::answers_are_replaced_aged_and_swept,
        ]);)+
    };
}

conformance_of_every_catalog! {
    sqlite: super::fixtures::SqliteFixture,
    memory: super::fixtures::MemoryFixture,
}
