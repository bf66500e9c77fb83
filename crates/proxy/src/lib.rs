//! The service: a resource is resolved, then answered from memory, from the catalog, or by a flight.
//!
//! ```text
//! resource ─▶ memory ─▶ catalog ─▶ flight: fetch ─▶ check ─▶ commit
//!             └──────────────────── answer ◀──────────────────────┘
//! ```
//!
//! One direction, no call back up: the server parses a request into a [`Resource`], the
//! [`Proxy`] gives an [`Answer`] or a [`Refusal`], the server writes it. What is kept is answered
//! without touching anything that cold work uses (law L4); what is not kept is fetched once for
//! however many ask (L6), and nothing is answered in full before it is durable (L1).

pub mod answer;
pub mod refusal;
pub mod resource;

pub use answer::{Answer, Body, Freshness, Media, Origin};
pub use refusal::{Refusal, RefusalText};
pub use resource::{Fetching, Resource};
