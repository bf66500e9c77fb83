//! What one source file declares and mentions, read from its syntax tree.
//!
//! Code for tests is left out. Macro arguments are no syntax tree, so paths and declarations are
//! picked out of their tokens.

use proc_macro2::{TokenStream, TokenTree};
use std::collections::BTreeSet;
use syn::{
    Attribute, Fields, File, ImplItem, Item, ItemImpl, ItemMod, ItemUse, Path, Type, UseTree,
    Visibility, spanned::Spanned as _, visit::Visit,
};

/// A type that is declared outside of tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TypeDeclaration {
    pub(crate) name: String,
    pub(crate) line: usize,
    /// Fields of a struct; 0 for other types.
    pub(crate) fields: usize,
}

/// A block of methods of a type itself, not of a trait for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MethodBlock {
    pub(crate) of: String,
    pub(crate) methods: usize,
}

/// One name that a `use` brings into a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ImportedName {
    pub(crate) path: Vec<String>,
    /// The name it has here; `None` for all names of a module (`*`).
    pub(crate) name: Option<String>,
    /// Whether others may import it from here.
    pub(crate) is_reexport: bool,
}

/// One module: a file, or a `mod` block in one.
#[derive(Debug, Default)]
pub(crate) struct ModuleSource {
    pub(crate) types: Vec<TypeDeclaration>,
    pub(crate) blocks: Vec<MethodBlock>,
    pub(crate) imports: Vec<ImportedName>,
    /// Paths of the code, without those of `use`.
    pub(crate) paths: BTreeSet<Vec<String>>,
    /// Modules in files of their own: their names.
    pub(crate) files: Vec<String>,
    /// Modules within this file.
    pub(crate) blocks_of_modules: Vec<(String, ModuleSource)>,
    /// Lines of code for tests.
    pub(crate) test_lines: usize,
}

/// Reads a file.
pub(crate) fn read(text: &str) -> syn::Result<ModuleSource> {
    let file: File = syn::parse_str(text)?;
    Ok(module(&file.items))
}

fn module(items: &[Item]) -> ModuleSource {
    let mut source = ModuleSource::default();
    for item in items {
        source.visit_item(item);
    }
    source
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let Ok(list) = attribute.meta.require_list() else {
            return false;
        };
        let condition = list.tokens.to_string();
        list.path.is_ident("cfg")
            && (condition == "test" || condition.replace(' ', "").starts_with("all(test"))
    })
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        Item::Const(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        _ => &[],
    }
}

impl ModuleSource {
    fn declare(&mut self, name: &syn::Ident, fields: usize) {
        self.types.push(TypeDeclaration {
            name: name.to_string(),
            line: name.span().start().line,
            fields,
        });
    }

    fn import(&mut self, tree: &UseTree, before: &[String], is_reexport: bool) {
        let mut path = before.to_vec();
        let (last, name) = match tree {
            UseTree::Path(inner) => {
                path.push(inner.ident.to_string());
                return self.import(&inner.tree, &path, is_reexport);
            }
            UseTree::Group(group) => {
                for inner in &group.items {
                    self.import(inner, before, is_reexport);
                }
                return;
            }
            UseTree::Name(name) => (Some(&name.ident), Some(name.ident.to_string())),
            UseTree::Rename(name) => (Some(&name.ident), Some(name.rename.to_string())),
            UseTree::Glob(_) => (None, None),
        };
        // `use a::{self}` brings `a` itself.
        let is_self = last.is_some_and(|last| last == "self");
        let name = match name {
            Some(name) if name == "self" => path.last().cloned(),
            name => name,
        };
        path.extend(last.filter(|_| !is_self).map(ToString::to_string));
        self.imports.push(ImportedName {
            path,
            name,
            is_reexport,
        });
    }

    /// Paths and declarations among the arguments of a macro.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        let mut declares = false;
        for token in tokens {
            match token {
                TokenTree::Ident(word) => {
                    let text = word.to_string();
                    if declares {
                        self.declare(&word, 0);
                    }
                    declares = ["struct", "enum", "trait"].contains(&text.as_str());
                    if colons != 2 {
                        self.paths.insert(std::mem::take(&mut path));
                    }
                    path.push(text);
                    colons = 0;
                }
                TokenTree::Punct(mark) if mark.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    self.paths.insert(std::mem::take(&mut path));
                    self.tokens(group.stream());
                }
                _ => {
                    self.paths.insert(std::mem::take(&mut path));
                }
            }
        }
        self.paths.insert(path);
        self.paths.remove(&Vec::new());
    }
}

impl<'ast> Visit<'ast> for ModuleSource {
    fn visit_item(&mut self, item: &'ast Item) {
        if is_for_tests(attributes(item)) {
            let span = item.span();
            self.test_lines += span.end().line + 1 - span.start().line;
            return;
        }
        match item {
            Item::Struct(item) => {
                let fields = match &item.fields {
                    Fields::Unit => 0,
                    fields => fields.len(),
                };
                self.declare(&item.ident, fields);
            }
            Item::Enum(item) => self.declare(&item.ident, 0),
            Item::Trait(item) => self.declare(&item.ident, 0),
            Item::Type(item) => self.declare(&item.ident, 0),
            _ => {}
        }
        syn::visit::visit_item(self, item);
    }

    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        if let (None, Type::Path(of)) = (&item.trait_, &*item.self_ty)
            && let Some(last) = of.path.segments.last()
        {
            let methods = item
                .items
                .iter()
                .filter(|item| matches!(item, ImplItem::Fn(_)));
            self.blocks.push(MethodBlock {
                of: last.ident.to_string(),
                methods: methods.count(),
            });
        }
        syn::visit::visit_item_impl(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        let name = item.ident.to_string();
        match &item.content {
            None => self.files.push(name),
            Some((_, items)) => {
                let inner = module(items);
                self.test_lines += inner.test_lines;
                self.blocks_of_modules.push((name, inner));
            }
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let is_reexport = !matches!(item.vis, Visibility::Inherited);
        self.import(&item.tree, &[], is_reexport);
    }

    fn visit_path(&mut self, path: &'ast Path) {
        let segments = path.segments.iter();
        self.paths
            .insert(segments.map(|segment| segment.ident.to_string()).collect());
        syn::visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.tokens(call.tokens.clone());
        syn::visit::visit_macro(self, call);
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn types_are_counted_outside_of_tests_and_within_macros() {
        let source = read(
            "struct A { x: u8 }\nmetrics! { pub struct B { y: Counter } }\n\
             impl Iterator for A { type Item = u8; }\n\
             #[cfg(test)]\nmod tests {\n struct C;\n}\n",
        )
        .unwrap();
        let names: Vec<&str> = source.types.iter().map(|found| &*found.name).collect();
        assert_eq!(names, ["A", "B"]);
        assert_eq!(source.types[0].fields, 1);
        assert_eq!(source.test_lines, 4);
    }

    #[test]
    fn methods_of_a_trait_are_not_methods_of_the_type() {
        let source =
            read("impl A { fn x() {} fn y() {} }\nimpl Drop for A { fn drop() {} }").unwrap();
        assert_eq!(source.blocks.len(), 1);
        assert_eq!(source.blocks[0].methods, 2);
    }

    #[test]
    fn imports_are_read_with_groups_and_new_names() {
        let source = read("pub use a::{self, b::C as D, e::*};").unwrap();
        let all: Vec<_> = source
            .imports
            .iter()
            .map(|import| (import.path.join("::"), import.name.as_deref()))
            .collect();
        assert_eq!(
            all,
            [
                ("a".to_owned(), Some("a")),
                ("a::b::C".to_owned(), Some("D")),
                ("a::e".to_owned(), None),
            ]
        );
        assert!(source.imports.iter().all(|import| import.is_reexport));
    }
}
