//! Prints what appending to a checksum database of our own costs here:
//! `cargo run --release -p store --example appends DIR`.
//!
//! The directory decides the result: appends are as fast as its disk syncs.
#![expect(clippy::print_stdout, reason = "a program that prints")]

use gomod::{ModulePath, Version};
use std::path::PathBuf;
use store::{
    Store, StoreOptions,
    own::{self, DatabaseLog, go_sum_lines},
};
use tokio::time::Instant;

/// Records appended one after the other.
const SINGLE: usize = 500;

/// Records appended by many tasks.
const MANY: usize = 50_000;

/// Tasks that append at the same time.
const TASKS: usize = 256;

const HASH: &str = "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Result<()> {
    let data: PathBuf = std::env::args_os()
        .nth(1)
        .ok_or("usage: appends DIRECTORY")?
        .into();
    own::init(&data, "sum.corp.example.com/2026")?;
    let store = Store::open(StoreOptions::local(&data)).await?;
    let databases = store.own_databases()?;
    let database = databases.first().ok_or("no database")?;
    one_by_one(database, false, "append, one task").await?;
    one_by_one(database, true, "append and sign, one task").await?;
    together(database, false, "append, 256 tasks").await?;
    together(
        database,
        true,
        "append and wait for a signed head, 256 tasks",
    )
    .await
}

async fn one_by_one(database: &DatabaseLog, signed: bool, title: &str) -> Result<()> {
    let start = Instant::now();
    for number in 0..SINGLE {
        append(database, title, number).await?;
        if signed {
            database.sign().await?;
        }
    }
    print(title, SINGLE, start);
    Ok(())
}

async fn together(database: &DatabaseLog, signed: bool, title: &'static str) -> Result<()> {
    let start = Instant::now();
    let many = if signed { MANY / 10 } else { MANY };
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            let database = database.clone();
            tokio::spawn(async move {
                for number in (task..many).step_by(TASKS) {
                    let record = append(&database, title, number).await?;
                    while signed && !covers(&database, record) {
                        let head = database.sign().await?;
                        database.publish(&head, &[], false).await?;
                    }
                }
                Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    print(title, many, start);
    Ok(())
}

fn covers(database: &DatabaseLog, record: u64) -> bool {
    let shown = database.published();
    shown.is_some_and(|shown| shown.head.size > record)
}

async fn append(database: &DatabaseLog, title: &str, number: usize) -> Result<u64> {
    let group = title.len();
    let module = ModulePath::parse(&format!("corp.example.com/g{group}/m{number}"))?;
    let version = Version::parse("v1.0.0")?;
    let text = go_sum_lines(&module, &version, HASH, HASH);
    let appended = database.append(&module, &version, &text, "https://git.example.com");
    Ok(appended.await?.number)
}

fn print(title: &str, count: usize, start: Instant) {
    let elapsed = start.elapsed();
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let rate = count as f64 / elapsed.as_secs_f64();
    println!("{title}: {count} in {elapsed:.2?}, {rate:.0} a second");
}
