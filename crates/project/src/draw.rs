//! The module graph drawn: as lines, for Graphviz, for Mermaid, as JSON.
//!
//! A whole graph is rarely looked at; so a drawing can be cut to what is near the main module, and
//! to what leads to one module. Versions that are not selected are drawn dashed: they are there only
//! because somebody asks for them.

use crate::graph::{ModuleGraph, NodeId};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;

/// How it is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GraphFormat {
    /// `FROM TO` lines, as `go mod graph` prints them.
    Text,
    /// Graphviz.
    Dot,
    /// Mermaid, which many code hosts show in Markdown.
    Mermaid,
    /// Nodes and edges.
    Json,
}

/// What of the graph is drawn.
#[derive(Debug, Clone, Copy, Default)]
pub struct GraphCut<'a> {
    /// Only requirements that begin fewer than this many steps from the main module.
    pub depth: Option<usize>,
    /// Only requirements on a chain to this module, in any of its versions.
    pub to: Option<&'a str>,
}

#[derive(Serialize)]
struct GraphDrawing<'a> {
    nodes: Vec<DrawnNode<'a>>,
    edges: Vec<DrawnEdge>,
}

#[derive(Serialize)]
struct DrawnNode<'a> {
    path: &'a str,
    version: &'a str,
    selected: bool,
}

/// A requirement; numbers of nodes.
#[derive(Serialize)]
struct DrawnEdge {
    from: usize,
    to: usize,
}

/// Draws a graph.
pub fn draw(graph: &ModuleGraph, format: GraphFormat, cut: GraphCut<'_>) -> String {
    let edges = edges(graph, cut);
    match format {
        GraphFormat::Text => text(graph, &edges),
        GraphFormat::Dot => dot(graph, &edges),
        GraphFormat::Mermaid => mermaid(graph, &edges),
        GraphFormat::Json => json(graph, &edges),
    }
}

/// How many requirements a cut leaves out, and how many there are.
pub fn left_out(graph: &ModuleGraph, cut: GraphCut<'_>) -> (usize, usize) {
    let all = graph.edges().count();
    (all - edges(graph, cut).len(), all)
}

/// The requirements that are drawn.
fn edges(graph: &ModuleGraph, cut: GraphCut<'_>) -> Vec<(NodeId, NodeId)> {
    let depths = graph.depths();
    let near = |from: NodeId| {
        let depth = depths.get(from).copied().flatten();
        cut.depth
            .is_none_or(|most| depth.is_some_and(|depth| depth < most))
    };
    let ends: Option<Vec<NodeId>> = cut.to.map(|path| {
        let wanted = graph.nodes().filter(|(_, module)| module.path == path);
        wanted.map(|(id, _)| id).collect()
    });
    let leads = ends.as_ref().map(|ends| graph.distances_to(ends));
    let on_chain = |from: NodeId, to: NodeId| {
        let arrived = ends.as_ref().is_some_and(|ends| ends.contains(&from));
        let open = |leads: &Vec<Option<usize>>| leads.get(to).is_some_and(Option::is_some);
        !arrived && leads.as_ref().is_none_or(open)
    };
    graph
        .edges()
        .filter(|&(from, to)| near(from) && on_chain(from, to))
        .collect()
}

/// The nodes that the edges touch, renumbered in order; the main module even if nothing does.
fn touched(edges: &[(NodeId, NodeId)]) -> BTreeMap<NodeId, usize> {
    let mut nodes: BTreeMap<NodeId, usize> = BTreeMap::from([(crate::graph::MAIN, 0)]);
    nodes.extend(edges.iter().flat_map(|&(from, to)| [(from, 0), (to, 0)]));
    for (number, (_, slot)) in nodes.iter_mut().enumerate() {
        *slot = number;
    }
    nodes
}

fn text(graph: &ModuleGraph, edges: &[(NodeId, NodeId)]) -> String {
    let mut text = String::new();
    for &(from, to) in edges {
        if let Some((from, to)) = graph.module(from).zip(graph.module(to)) {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{from} {to}");
        }
    }
    text
}

fn dot(graph: &ModuleGraph, edges: &[(NodeId, NodeId)]) -> String {
    let nodes = touched(edges);
    let mut text = "digraph modules {\n  rankdir=LR;\n  node [shape=box];\n".to_owned();
    for (&id, number) in &nodes {
        let name = label(graph, id).replace('\\', "\\\\").replace('"', "\\\"");
        let style = if graph.is_selected(id) {
            ""
        } else {
            ", style=dashed"
        };
        let _ = writeln!(text, "  n{number} [label=\"{name}\"{style}];");
    }
    for (from, to) in numbered(&nodes, edges) {
        let _ = writeln!(text, "  n{from} -> n{to};");
    }
    text.push_str("}\n");
    text
}

fn mermaid(graph: &ModuleGraph, edges: &[(NodeId, NodeId)]) -> String {
    let nodes = touched(edges);
    let mut text = "graph LR\n".to_owned();
    for (&id, number) in &nodes {
        let name = label(graph, id).replace('"', "#quot;");
        let class = if graph.is_selected(id) {
            ""
        } else {
            ":::other"
        };
        let _ = writeln!(text, "  n{number}[\"{name}\"]{class}");
    }
    for (from, to) in numbered(&nodes, edges) {
        let _ = writeln!(text, "  n{from} --> n{to}");
    }
    text.push_str("  classDef other stroke-dasharray: 4\n");
    text
}

fn json(graph: &ModuleGraph, edges: &[(NodeId, NodeId)]) -> String {
    let nodes = touched(edges);
    let drawing = GraphDrawing {
        nodes: nodes
            .keys()
            .filter_map(|&id| {
                let module = graph.module(id)?;
                Some(DrawnNode {
                    path: &module.path,
                    version: &module.version,
                    selected: graph.is_selected(id),
                })
            })
            .collect(),
        edges: numbered(&nodes, edges)
            .map(|(from, to)| DrawnEdge { from, to })
            .collect(),
    };
    let mut text = serde_json::to_string_pretty(&drawing).unwrap_or_default();
    text.push('\n');
    text
}

fn label(graph: &ModuleGraph, id: NodeId) -> String {
    graph
        .module(id)
        .map(ToString::to_string)
        .unwrap_or_default()
}

fn numbered(
    nodes: &BTreeMap<NodeId, usize>,
    edges: &[(NodeId, NodeId)],
) -> impl Iterator<Item = (usize, usize)> {
    let number = |id: &NodeId| nodes.get(id).copied();
    edges
        .iter()
        .filter_map(move |(from, to)| Some((number(from)?, number(to)?)))
}

#[cfg(test)]
mod tests;
