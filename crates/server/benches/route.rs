//! From a request line to what it asks for: `cargo bench -p server`.

use divan::black_box;
use http::Method;
use server::{Route, RouteError};

fn main() {
    divan::main();
}

fn parsed(path: &str) -> Result<Route, RouteError> {
    Route::parse(&Method::GET, black_box(path))
}

#[divan::bench]
fn a_go_mod() -> Result<Route, RouteError> {
    parsed("/github.com/%21azure/azure-sdk-for-go/sdk/azcore/@v/v1.19.1.mod")
}

#[divan::bench]
fn a_list() -> Result<Route, RouteError> {
    parsed("/github.com/prometheus/client_golang/@v/list")
}

#[divan::bench]
fn a_tile() -> Result<Route, RouteError> {
    parsed("/sumdb/sum.golang.org/tile/8/1/x042/123.p/17")
}

#[divan::bench]
fn a_name_that_no_module_has() -> Result<Route, RouteError> {
    parsed("/wp-admin/setup-config.php")
}
