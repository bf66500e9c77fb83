//! The drawing of the house in `ARCHITECTURE.md`, held to the manifests.
//!
//! It is a Mermaid flowchart of the product's crates. An arrow that follows from others is left out (the
//! transitive reduction), so that the picture shows floors and not a web. `check-deps` refuses a drawing
//! that differs from the one made here, and prints the right one.

use std::collections::{BTreeMap, BTreeSet};

/// What stands before the drawing in the page, and what ends it.
const BEGIN: &str = "```mermaid\n";
const END: &str = "```\n";

/// Crates that are not part of the product.
const BESIDE: [&str; 2] = ["testkit", "xtask"];

/// Each crate with the crates of ours that it depends on, tests apart.
pub(crate) type CrateGraph = BTreeMap<String, BTreeSet<String>>;

/// The drawing of these crates.
pub(crate) fn draw(graph: &CrateGraph) -> String {
    let mut lines = vec!["flowchart TD".to_owned()];
    for (name, below) in reduced(graph) {
        if BESIDE.contains(&name.as_str()) {
            continue;
        }
        if below.is_empty() {
            lines.push(format!("    {name}"));
        }
        for other in below {
            lines.push(format!("    {name} --> {other}"));
        }
    }
    lines.push(String::new());
    lines.join("\n")
}

/// What is wrong with the drawing in a page, if anything is.
pub(crate) fn check(page: &str, graph: &CrateGraph) -> Option<String> {
    let drawn = page
        .split_once(BEGIN)
        .and_then(|(_, rest)| rest.split_once(END));
    let right = draw(graph);
    match drawn {
        Some((drawn, _)) if drawn == right => None,
        _ => Some(format!(
            "the drawing in ARCHITECTURE.md is not the house; it is:\n{BEGIN}{right}{END}"
        )),
    }
}

/// Without the arrows that follow from others.
fn reduced(graph: &CrateGraph) -> CrateGraph {
    let follows = |name: &str, below: &BTreeSet<String>, other: &str| {
        let through = below.iter().filter(|between| *between != other);
        let mut through = through.filter(|between| *between != name);
        through.any(|between| reaches(graph, between, other))
    };
    let keep = |(name, below): (&String, &BTreeSet<String>)| {
        let direct = below.iter().filter(|other| !follows(name, below, other));
        (name.clone(), direct.cloned().collect())
    };
    graph.iter().map(keep).collect()
}

fn reaches(graph: &CrateGraph, from: &str, to: &str) -> bool {
    let Some(below) = graph.get(from) else {
        return false;
    };
    below.contains(to) || below.iter().any(|next| reaches(graph, next, to))
}

#[cfg(test)]
mod tests {
    use super::{CrateGraph, check, draw};

    fn graph(edges: &[(&str, &[&str])]) -> CrateGraph {
        let crates = edges.iter().map(|(name, below)| {
            let below = below.iter().map(|other| (*other).to_owned()).collect();
            ((*name).to_owned(), below)
        });
        crates.collect()
    }

    #[test]
    fn an_arrow_that_follows_from_others_is_left_out() {
        let house = graph(&[("a", &["b", "c"]), ("b", &["c"]), ("c", &[])]);
        assert_eq!(
            draw(&house),
            "flowchart TD\n    a --> b\n    b --> c\n    c\n"
        );
    }

    #[test]
    fn a_drawing_with_an_arrow_too_many_is_refused() {
        let house = graph(&[("a", &["b"]), ("b", &[])]);
        let page = |arrows: &str| format!("# House\n```mermaid\nflowchart TD\n{arrows}```\nrest\n");
        assert_eq!(check(&page("    a --> b\n    b\n"), &house), None);
        assert!(check(&page("    a --> b\n    b --> a\n"), &house).is_some());
        assert!(check("no drawing", &house).is_some());
    }
}
