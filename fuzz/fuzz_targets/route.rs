//! Request lines: never a panic; what is accepted names only what Go accepts.
#![no_main]

use gomod::ModulePath;
use http::Method;
use libfuzzer_sys::fuzz_target;
use server::Route;

fuzz_target!(|line: &str| {
    let path = line.split_once('?').map_or(line, |(path, _)| path);
    let Ok(Route::Resource(resource, _)) = Route::parse(&Method::GET, path) else {
        return;
    };
    if let Some(module) = resource.module() {
        assert_eq!(ModulePath::parse(module.as_str()).as_ref(), Ok(module));
    }
});
