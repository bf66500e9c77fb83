//! What the store promises, on real files.

mod support;

mod capture;
mod catalog;
mod concurrency;
mod crash;
mod disk;
mod export;
mod import;
mod memo;
mod remote;
mod spool;
mod verify;
