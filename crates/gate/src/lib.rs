//! The gate: whether a change of dependencies may pass.
//!
//! It works in one direction. A shell reads a checkout and gathers facts; each step looks at them
//! and says what it [finds](finding::Finding); the [policy](policy::GatePolicy) decides what of that
//! stops the change; a [report] says so in the form that the reader understands. Nothing
//! here reads a file, asks a server or looks at a clock, so every verdict can be had again from the
//! same input.
//!
//! What is not known is never taken for good: each unknown fact is a finding of a rule of its own,
//! which the policy may let pass, but only by saying so. Input that cannot be read is neither a pass
//! nor a finding: the gate could not tell, and says where.

pub mod allowed;
pub mod capability;
pub mod change;
pub mod fresh;
pub mod go_lock;
pub mod go_work;
pub mod ignore;
pub mod inventory;
pub mod licence;
pub mod lock_state;
pub mod minimal;
pub mod places;
pub mod policy;
pub mod report;
pub mod rules;
pub mod sbom;
pub mod scope;
pub mod steps;
pub mod sum_file;
pub mod verdict;
pub mod vex;
pub mod vulnerable;
pub mod waiver;
