//! Drawings of one small graph.

use super::{GraphCut, GraphFormat, draw};
use crate::graph::ModuleGraph;

fn graph() -> ModuleGraph {
    ModuleGraph::of_edges(5, &[(0, 1), (0, 2), (1, 3), (3, 4), (2, 4), (4, 2)])
}

fn lines(cut: GraphCut<'_>) -> Vec<String> {
    let text = draw(&graph(), GraphFormat::Text, cut);
    let short = |line: &str| line.replace("example.com/", "").replace("@v1.0.0", "");
    text.lines().map(short).collect()
}

#[test]
fn a_cut_keeps_what_is_near_and_what_leads_there() {
    let depth = GraphCut {
        depth: Some(1),
        to: None,
    };
    assert_eq!(lines(depth), ["m0 m1", "m0 m2"]);
    let to = GraphCut {
        depth: None,
        to: Some("example.com/m4"),
    };
    assert_eq!(lines(to), ["m0 m1", "m0 m2", "m1 m3", "m2 m4", "m3 m4"]);
    let both = GraphCut {
        depth: Some(2),
        to: Some("example.com/m4"),
    };
    assert_eq!(lines(both), ["m0 m1", "m0 m2", "m1 m3", "m2 m4"]);
    let nobody = GraphCut {
        depth: None,
        to: Some("example.com/none"),
    };
    assert!(lines(nobody).is_empty());
}

#[test]
fn every_format_has_the_same_edges() {
    let cut = GraphCut {
        depth: Some(1),
        to: None,
    };
    let dot = draw(&graph(), GraphFormat::Dot, cut);
    assert!(dot.contains("n1 [label=\"example.com/m1@v1.0.0\"];") && dot.contains("n0 -> n2;"));
    assert!(!dot.contains("m3"), "{dot}");
    let mermaid = draw(&graph(), GraphFormat::Mermaid, cut);
    assert!(mermaid.starts_with("graph LR\n") && mermaid.contains("n0 --> n1"));
    let json: serde_json::Value =
        serde_json::from_str(&draw(&graph(), GraphFormat::Json, cut)).unwrap();
    assert_eq!(json["nodes"].as_array().unwrap().len(), 3);
    assert_eq!(json["edges"][1]["to"], 2);
}
