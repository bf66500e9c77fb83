//! End to end: the built binary between the real `go` (or a raw client that hides nothing) and
//! upstreams that misbehave by plan. Every test says what the client saw *and* which upstream
//! was touched how often; a proxy that answers correctly but leaks or hammers has failed too.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests: they start processes, and a step that cannot be taken is a failure"
)]

mod access_lines;
mod air_gap;
mod alerts;
mod audit;
mod backup;
mod bad_input;
mod bodies;
mod buckets;
mod build;
mod bundle;
mod c2sp;
mod callers;
mod canary;
mod client_settings;
mod commands;
mod configuration;
mod content;
mod crash;
mod crowd;
mod data_directory;
mod denied;
mod direct;
mod doctor;
mod doctor_message;
mod doctor_mirrors;
mod doctor_story;
mod doctor_sums;
mod documents;
mod flights;
mod forks;
mod gate;
mod gate_field;
mod gate_files;
mod gate_known;
mod gate_mutations;
mod gate_names;
mod gate_policy;
mod go_auth;
mod guide;
mod heads;
mod idle;
mod in_front;
mod independence;
mod journal;
mod mend;
mod metrics;
mod mirror;
mod moved;
mod orders;
mod outage;
mod own;
mod prefetch;
mod private_names;
mod probes;
mod project;
mod publish;
mod queries;
mod rate_limits;
mod redirects;
mod replaced;
mod reserve;
mod run_routes;
mod scrub;
mod settings_of_go;
mod site;
mod slashes;
mod statuses;
mod store;
mod straight;
mod sumdb;
mod sums;
mod surface;
mod toolchain;
mod upstreams;
mod verify;
mod versions;
