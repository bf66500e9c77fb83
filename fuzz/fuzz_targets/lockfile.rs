//! Lock files of npm, yarn and pnpm, and the configurations of these tools: whatever comes in is read, or
//! refused with a place in the file.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lockfile::{LockfileKind, audit, compare, registries};

fuzz_target!(|input: (u8, &[u8])| {
    let (kind, bytes) = input;
    let kind = [LockfileKind::Npm, LockfileKind::Yarn, LockfileKind::Pnpm][usize::from(kind % 3)];
    for (name, form) in registries::FILES {
        let _ = registries::read(form, name, bytes);
    }
    let lines = bytes.iter().filter(|&&byte| byte == b'\n').count() + 1;
    match lockfile::read(kind, "lock", bytes) {
        Ok(lock) => {
            let _ = audit::audit(&lock, &audit::LockExpectation::default());
            assert!(compare::changed(&lock, &lock).is_empty());
        }
        Err(unreadable) => {
            let line = unreadable.place.span.map_or(1, |span| span.line as usize);
            assert!(line <= lines, "{unreadable}");
        }
    }
});
