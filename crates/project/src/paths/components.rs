//! Strongly connected components, by Tarjan's algorithm with a stack of its own: a chain of ten
//! thousand requirements must not become ten thousand frames.

use crate::graph::NodeId;

/// The components that can be reached from one node, each after all that can be reached from it.
#[derive(Debug)]
pub(super) struct GraphComponents {
    members: Vec<Vec<NodeId>>,
    component_of: Vec<Option<usize>>,
}

/// The walk under way.
struct ComponentWalk {
    found: GraphComponents,
    /// When each node was met first, and the earliest node on the stack that it leads to.
    met: Vec<Option<(usize, usize)>>,
    stack: Vec<NodeId>,
    clock: usize,
}

// === impl GraphComponents ===

impl GraphComponents {
    pub(super) fn from<I>(start: NodeId, nodes: usize, next: impl Fn(NodeId) -> I) -> Self
    where
        I: Iterator<Item = NodeId>,
    {
        let mut walk = ComponentWalk {
            found: Self {
                members: Vec::new(),
                component_of: vec![None; nodes],
            },
            met: vec![None; nodes],
            stack: Vec::new(),
            clock: 0,
        };
        if start < nodes {
            walk.meet(start);
            let mut frames = vec![(start, next(start))];
            while let Some((id, rest)) = frames.last_mut() {
                let id = *id;
                match rest.next() {
                    Some(to) if walk.is_new(to) => {
                        walk.meet(to);
                        frames.push((to, next(to)));
                    }
                    Some(to) => walk.see(id, to),
                    None => {
                        frames.pop();
                        walk.leave(id);
                        if let Some((parent, _)) = frames.last() {
                            walk.inherit(*parent, id);
                        }
                    }
                }
            }
        }
        walk.found
    }

    pub(super) fn count(&self) -> usize {
        self.members.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Vec<NodeId>> {
        self.members.iter()
    }

    pub(super) fn of(&self, id: NodeId) -> Option<usize> {
        self.component_of.get(id).copied().flatten()
    }
}

// === impl ComponentWalk ===

impl ComponentWalk {
    fn is_new(&self, id: NodeId) -> bool {
        self.met.get(id).is_some_and(Option::is_none)
    }

    fn meet(&mut self, id: NodeId) {
        if let Some(slot) = self.met.get_mut(id) {
            *slot = Some((self.clock, self.clock));
        }
        self.clock += 1;
        self.stack.push(id);
    }

    /// A requirement leads to a node that was met before; it counts while that is on the stack.
    fn see(&mut self, id: NodeId, to: NodeId) {
        if self.found.of(to).is_none()
            && let Some(&Some((when, _))) = self.met.get(to)
        {
            self.lower(id, when);
        }
    }

    fn inherit(&mut self, parent: NodeId, child: NodeId) {
        if let Some(&Some((_, low))) = self.met.get(child) {
            self.lower(parent, low);
        }
    }

    fn lower(&mut self, id: NodeId, to: usize) {
        if let Some(Some((_, low))) = self.met.get_mut(id) {
            *low = (*low).min(to);
        }
    }

    /// Everything behind the node was walked: if it leads to nothing earlier, its component is what
    /// lies above it on the stack.
    fn leave(&mut self, id: NodeId) {
        if self
            .met
            .get(id)
            .copied()
            .flatten()
            .is_none_or(|(when, low)| when != low)
        {
            return;
        }
        let at = self.stack.iter().rposition(|&other| other == id);
        let members = self.stack.split_off(at.unwrap_or(self.stack.len()));
        for &member in &members {
            if let Some(slot) = self.found.component_of.get_mut(member) {
                *slot = Some(self.found.members.len());
            }
        }
        self.found.members.push(members);
    }
}
