//! Version queries against the real `go`: `go list -m MODULE@QUERY` on proxies made of files.

use gomod::{ModulePath, Version, query::Query};
use std::{collections::BTreeMap, fmt::Write};
use testkit::go::{Go, Project};
use testkit::oracle::{self, Answer, Oracle, Seed};

/// How many proxies and main modules, each asked by one `go` process.
const ROUNDS: usize = 20;
/// How many modules a proxy has.
const MODULES: usize = 40;
/// How many queries each module is asked.
const QUERIES: usize = 30;

#[rustfmt::skip]
const VERSIONS: &[&str] = &[
    "v0.1.0", "v0.2.0-rc.1", "v1.0.0-alpha", "v1.0.0", "v1.0.1", "v1.1.0-rc.1", "v1.1.0-rc.10",
    "v1.1.0", "v1.1.1-0", "v1.2.0-beta", "v1.10.0", "v1.10.1-rc",
];
#[rustfmt::skip]
const INCOMPATIBLE: &[&str] = &[
    "v2.0.0-rc+incompatible", "v2.0.0+incompatible", "v2.1.0+incompatible", "v3.0.0+incompatible",
    "v3.1.0-rc+incompatible",
];
const SECOND: &[&str] = &[
    "v2.0.0-rc",
    "v2.0.0",
    "v2.0.1",
    "v2.1.0-rc.2",
    "v2.1.0",
    "v2.10.0",
];
#[rustfmt::skip]
const BOUNDS: &[&str] = &[
    "v0", "v1", "v1.0", "v1.1", "v1.10", "v2", "v2.0", "v2.1", "v3", "v4", "v1.0.0", "v1.1.0", "v1.1.0-rc.2",
    "v1.1.1", "v1.2.0", "v1.9.9", "v2.0.0", "v2.0.0-rc", "v2.0.0+incompatible", "v2.5.0", "v0.0.0",
    "v9.0.0", "1.0", "v1.x", "v01", "",
];

/// One module of a proxy.
struct Module {
    path: ModulePath,
    versions: Vec<Version>,
    /// Which have a go.mod of their own; the others get the one that `go` makes up.
    with_go_mod: Vec<bool>,
    current: Option<Version>,
}

impl Module {
    fn random(seed: &mut Seed, name: &str) -> Self {
        let second = seed.chance(0.2);
        let path = if second {
            format!("{name}/v2")
        } else {
            name.to_owned()
        };
        let mut texts: Vec<&str> = Vec::new();
        for _ in 0..seed.below(8) {
            let table = match seed.below(3) {
                _ if second => SECOND,
                0 => INCOMPATIBLE,
                _ => VERSIONS,
            };
            texts.push(seed.pick::<&str>(table));
        }
        texts.sort_unstable();
        texts.dedup();
        let versions: Vec<Version> = texts
            .iter()
            .filter_map(|t| Version::parse(t).ok())
            .collect();
        // A path with a major version cannot do without a go.mod.
        let with_go_mod = versions
            .iter()
            .map(|_| second || seed.chance(0.5))
            .collect();
        let in_use = !versions.is_empty() && seed.chance(0.5);
        let current = in_use.then(|| seed.pick(&versions).clone());
        let path = ModulePath::parse(&path).expect("a valid path");
        Self {
            path,
            versions,
            with_go_mod,
            current,
        }
    }

    fn files(&self) -> Vec<(String, String)> {
        let directory = format!("{}/@v", self.path.escaped());
        let list: Vec<&str> = self.versions.iter().map(Version::as_str).collect();
        let list = list.join("\n");
        let mut files = vec![(format!("{directory}/list"), list)];
        for (version, own) in self.versions.iter().zip(&self.with_go_mod) {
            let info = format!(r#"{{"Version":"{version}","Time":"2024-01-01T00:00:00Z"}}"#);
            let go_line = if *own { "\ngo 1.20\n" } else { "" };
            files.push((format!("{directory}/{version}.info"), info));
            files.push((
                format!("{directory}/{version}.mod"),
                format!("module {}\n{go_line}", self.path),
            ));
        }
        files
    }

    /// What our rules choose, for the caller of which this function does what go's caller does.
    fn choose(&self, query: &str) -> Answer {
        let query = Query::parse(query).map_err(|error| error.to_string())?;
        if let Query::Exact(version) = &query {
            let known = self.versions.contains(version);
            return if known {
                Ok(vec![version.to_string().into()])
            } else {
                Err("unknown".into())
            };
        }
        let selector = query.selector(&self.path, self.current.as_ref());
        let selector = selector
            .map_err(|error| error.to_string())?
            .ok_or("no such revision")?;
        let own = selector
            .deciding_version(&self.versions)
            .is_some_and(|deciding| {
                let index = self.versions.iter().position(|version| version == deciding);
                index.and_then(|index| self.with_go_mod.get(index)) == Some(&true)
            });
        let stays = matches!(query, Query::Upgrade | Query::Patch);
        let chosen = selector.select(&self.versions, own);
        let chosen = chosen.or(self.current.as_ref().filter(|_| stays));
        chosen
            .map(|version| vec![version.to_string().into()])
            .ok_or_else(|| "nothing fits".into())
    }
}

fn query(seed: &mut Seed) -> String {
    let bound = seed.pick::<&str>(BOUNDS);
    match seed.below(10) {
        0 => "latest".to_owned(),
        1 => "upgrade".to_owned(),
        2 => "patch".to_owned(),
        3..=5 if !bound.is_empty() => (*bound).to_owned(),
        _ => format!("{}{bound}", seed.pick::<&str>(&["<", "<=", ">", ">="])),
    }
}

/// One `go` process for many questions.
fn ask_go(modules: &[Module], questions: &[(usize, String)]) -> Vec<Answer> {
    let files: Vec<_> = modules.iter().flat_map(Module::files).collect();
    let files: Vec<_> = files
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let proxy = Project::new("", &files);
    let mut go_mod = "module example.org/main\n\ngo 1.21\n\n".to_owned();
    for module in modules {
        if let Some(current) = &module.current {
            writeln!(go_mod, "require {} {current}", module.path).expect("memory");
        }
    }
    let main = Project::new(&go_mod, &[]);
    let go = Go::new(&format!("file://{}", proxy.path().display())).env("GOFLAGS", "-mod=mod");
    let asked = questions
        .iter()
        .map(|(index, query)| format!("{}@{query}", modules[*index].path));
    let asked: Vec<String> = asked.collect();
    let mut arguments = vec!["list", "-m", "-e", "-json=Path,Version,Query,Error"];
    arguments.extend(asked.iter().map(String::as_str));
    let output = go.run(&arguments, main.path());
    answers(&output.stdout, &output.stderr)
}

fn answers(printed: &str, complaints: &str) -> Vec<Answer> {
    let values = serde_json::Deserializer::from_str(printed)
        .into_iter::<BTreeMap<String, serde_json::Value>>();
    let answer = |object: BTreeMap<String, serde_json::Value>| {
        let text = |key: &str| {
            object
                .get(key)
                .and_then(|v| v.as_str())
                .unwrap_or_default()
                .to_owned()
        };
        match object.get("Error") {
            Some(error) => Err(error.to_string()),
            None => Ok(vec![text("Version").into_bytes()]),
        }
    };
    let objects: Result<Vec<_>, _> = values.collect();
    let objects = objects.unwrap_or_else(|_| Vec::new());
    // A process that gave up has not answered everything; its complaint says why.
    assert!(!objects.is_empty(), "{printed}{complaints}");
    objects.into_iter().map(answer).collect()
}

#[test]
fn queries_choose_as_for_go() {
    if Oracle::start_or_skip().is_none() {
        return;
    }
    let mut seed = Seed::new(801);
    let (mut inputs, mut theirs, mut mine) = (Vec::new(), Vec::new(), BTreeMap::new());
    for round in 0..ROUNDS {
        let modules: Vec<Module> = (0..MODULES)
            .map(|index| Module::random(&mut seed, &format!("example.com/m{index}")))
            .collect();
        let questions: Vec<(usize, String)> = (0..MODULES * QUERIES)
            .map(|index| (index / QUERIES, query(&mut seed)))
            .collect();
        theirs.extend(ask_go(&modules, &questions));
        for (index, query) in questions {
            let module = &modules[index];
            let listed: Vec<String> = module
                .versions
                .iter()
                .zip(&module.with_go_mod)
                .map(|(version, own)| format!("{version}{}", if *own { " (go.mod)" } else { "" }))
                .collect();
            let input = [
                format!("{round} {}@{query}", module.path),
                format!("current {:?}", module.current),
                listed.join(", "),
            ];
            let input = input.map(String::into_bytes).to_vec();
            mine.insert(input.clone(), module.choose(&query));
            inputs.push(input);
        }
    }
    oracle::compare("go list -m QUERY", &inputs, &theirs, |input| {
        mine.get(input)
            .cloned()
            .unwrap_or_else(|| Err("never asked".to_owned()))
    });
}
