//! The week: the site as it stands, and what is tried with it.

mod files;

use super::{
    clients::{Clients, Tally},
    commands::{
        PATIENCE, Running, SERVICE_USER, connects, get_200, is_root, of_service, succeed, text,
    },
};
use anyhow::{Context as _, bail, ensure};
use files::{MODKEEP, MODKEEP_NEXT, OWN_DATABASE, PROMETHEUS, Site, URL};
use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, chown},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};
use tempfile::TempDir;
use testkit::{
    database::Database,
    fixture::{Corpus, Module},
    go::Go,
    upstream::FakeUpstream,
};
use tokio::time::Instant;

/// Public modules that clients download.
const MODULES: usize = 12;

const PRIVATE_MODULE: &str = "corp.example.com/p@v1.0.0";

/// Commands that clients finish between two disturbances.
const BETWEEN: usize = 6;

/// Everything that runs, and where it lies.
pub(super) struct Week {
    base: TempDir,
    binary: PathBuf,
    server: Option<Running>,
    _nginx: Running,
    public: FakeUpstream,
    _private: FakeUpstream,
    modules: Vec<String>,
    /// What clients set, as the server says.
    settings: Vec<(String, String)>,
}

// === impl Week ===

impl Week {
    /// Writes every file, and starts what stands around the server.
    pub(super) fn begin(binary: &Path) -> anyhow::Result<Self> {
        let base = tempfile::Builder::new()
            .prefix("modkeep-operator-")
            .tempdir()?;
        let at = |name: &str| base.path().join(name);
        fs::set_permissions(base.path(), fs::Permissions::from_mode(0o755))?;
        let own = at("modkeep");
        fs::copy(binary, &own).context("the binary cannot be copied")?;
        let (public, modules, sumdb) = public_source();
        let private = Module::new("corp.example.com/p", "v1.0.0");
        let private = FakeUpstream::start(Corpus::new().with(&private));
        succeed(
            Command::new("openssl")
                .args([
                    "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                ])
                .args([
                    "-subj",
                    "/CN=localhost",
                    "-addext",
                    "subjectAltName=DNS:localhost",
                    "-keyout",
                ])
                .arg(at("tls.key"))
                .arg("-out")
                .arg(at("tls.pem")),
        )?;
        let hash = succeed(Command::new("openssl").args(["passwd", "-apr1", "word"]))?;
        fs::write(at("private.users"), format!("robot:{}", text(&hash.stdout)))?;
        fs::write(
            at("modkeep.netrc"),
            "machine 127.0.0.1:8081 login robot password word\n",
        )?;
        fs::write(at("nginx.conf"), files::nginx(base.path(), &private.url()))?;
        let site = Site {
            data: &at("data"),
            credentials: &at("modkeep.netrc"),
            upstream: &public.url(),
            sumdb: &sumdb,
        };
        fs::write(at("modkeep.toml"), files::modkeep(&site))?;
        private_directory(&at("data"))?;
        if is_root() {
            for file in ["data", "modkeep.netrc", "modkeep.toml"] {
                chown(at(file), Some(SERVICE_USER), Some(SERVICE_USER))?;
            }
        } else {
            println!("NOT SHOWN: a user of the service's own (this is not root)");
        }
        let nginx = Running::start(
            Command::new("nginx")
                .arg("-e")
                .arg(at("nginx-error.log"))
                .arg("-c")
                .arg(at("nginx.conf")),
            &at("nginx.log"),
        )?;
        Ok(Self {
            binary: own,
            server: None,
            _nginx: nginx,
            public,
            _private: private,
            modules,
            settings: Vec::new(),
            base,
        })
    }

    fn at(&self, name: &str) -> PathBuf {
        self.base.path().join(name)
    }

    /// A directory of the service user's own.
    fn for_service(path: &Path) -> anyhow::Result<()> {
        private_directory(path)?;
        if is_root() {
            chown(path, Some(SERVICE_USER), Some(SERVICE_USER))?;
        }
        Ok(())
    }

    /// `modkeep ARGUMENTS` by the service user.
    fn modkeep(&self, arguments: &[&str]) -> Command {
        let mut command = of_service(&self.binary);
        command
            .args(arguments)
            .arg("--config")
            .arg(self.at("modkeep.toml"));
        command
    }

    fn serve(&self, arguments: &[&str]) -> anyhow::Result<Running> {
        Running::start(
            self.modkeep(&["serve"]).args(arguments),
            &self.at("modkeep.log"),
        )
    }

    /// The key, the check, the first start.
    pub(super) fn start(&mut self) -> anyhow::Result<()> {
        succeed(&mut self.modkeep(&["sumdb", "init", OWN_DATABASE]))?;
        succeed(&mut self.modkeep(&["config", "check"]))?;
        self.server = Some(self.serve(&[])?);
        get_200(MODKEEP.parse()?, "/readyz")?;
        shown("a user without HOME and go: sumdb init, config check and serve");
        Ok(())
    }

    /// What `modkeep env --server` prints is all that a client needs.
    pub(super) fn clients_take_their_settings(&mut self) -> anyhow::Result<()> {
        let certificate = self.at("tls.pem");
        let mut env = Command::new(&self.binary);
        Go::new("off")
            .env("GOSUMDB", &self.public_key()?)
            .prepare(&mut env);
        env.args(["env", "--format", "json", "--server", URL, "--ca"])
            .arg(&certificate);
        let output = succeed(&mut env)?;
        let read: serde_json::Map<String, serde_json::Value> =
            serde_json::from_slice(&output.stdout)?;
        let text = |value: serde_json::Value| value.as_str().map(str::to_owned);
        self.settings = read
            .into_iter()
            .filter_map(|(name, value)| Some((name, text(value)?)))
            .collect();
        self.settings.push((
            "SSL_CERT_FILE".to_owned(),
            certificate.display().to_string(),
        ));
        let go = self.client();
        let public = self.modules.first().context("no module")?;
        for module in [public.as_str(), PRIVATE_MODULE] {
            let output = go.download(module);
            ensure!(output.ok(), "{module}: {output}");
        }
        let told = self
            .public
            .paths()
            .iter()
            .any(|path| path.contains("corp.example.com"));
        ensure!(!told, "the public upstream was told a private name");
        shown(
            "through nginx (TLS, HTTP/2, below /go/): a public module, and a private one whose upstream wants a password",
        );
        Ok(())
    }

    fn client(&self) -> Go {
        let set = |go: Go, (name, value): &(String, String)| go.env(name, value);
        self.settings.iter().fold(Go::new("off"), set)
    }

    /// The key of the public database, from the server's own file.
    fn public_key(&self) -> anyhow::Result<String> {
        let file = fs::read_to_string(self.at("modkeep.toml"))?;
        let line = file
            .lines()
            .find_map(|line| line.strip_prefix("sumdb = \""));
        Ok(line.context("no sumdb")?.trim_end_matches('"').to_owned())
    }

    fn own_key(&self) -> anyhow::Result<String> {
        let listed = succeed(&mut self.modkeep(&["sumdb", "list"]))?;
        Ok(text(&listed.stdout).trim().to_owned())
    }

    /// A client that verifies with the site's own database.
    pub(super) fn own_database(&self) -> anyhow::Result<()> {
        let go = self
            .client()
            .env("GOSUMDB", &self.own_key()?)
            .env("GONOSUMDB", "none");
        let output = go.download(PRIVATE_MODULE);
        ensure!(output.ok(), "{output}");
        shown("a private module, verified by the checksum database of the site's own");
        Ok(())
    }

    /// Prometheus reaches it, and no recommended alert fires.
    pub(super) fn prometheus_scrapes(&self) -> anyhow::Result<()> {
        let alerts = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../docs/alerts.yml")
            .canonicalize()?;
        fs::write(self.at("prometheus.yml"), files::prometheus(&alerts))?;
        let storage = format!("--storage.tsdb.path={}", self.at("prometheus").display());
        let config = format!("--config.file={}", self.at("prometheus.yml").display());
        let _prometheus = Running::start(
            Command::new("prometheus").args([
                &storage,
                &config,
                &format!("--web.listen-address={PROMETHEUS}"),
            ]),
            &self.at("prometheus.log"),
        )?;
        let query = "/api/v1/query?query=sum_over_time(up%7Bjob%3D%22modkeep%22%7D%5B5s%5D)";
        let until = Instant::now() + PATIENCE;
        loop {
            let answer = get_200(PROMETHEUS.parse()?, query)?;
            if answer.contains("\"3\"") || answer.contains("\"4\"") || answer.contains("\"5\"") {
                break;
            }
            ensure!(
                Instant::now() < until,
                "Prometheus does not reach the server: {answer}"
            );
            std::thread::sleep(Duration::from_millis(200));
        }
        let firing = get_200(PROMETHEUS.parse()?, "/api/v1/alerts")?;
        ensure!(firing.contains("\"alerts\":[]"), "{firing}");
        shown("Prometheus scrapes it, and no recommended alert is pending or firing");
        Ok(())
    }

    /// Restarts while clients download: the next process takes the sockets over.
    pub(super) fn restarts(&mut self, count: usize) -> anyhow::Result<()> {
        let clients = Clients::begin(&self.settings, &self.modules);
        for _ in 0..count {
            clients.wait_for_more(BETWEEN);
            let next = self.serve(&["--take-over"])?;
            if let Some(before) = self.server.replace(next) {
                before.wait()?;
            }
        }
        clients.wait_for_more(BETWEEN);
        none_failed(&clients.end(), &format!("{count} restarts"))
    }

    /// A copy while it serves, and the copy served.
    pub(super) fn backup_and_restore(&mut self) -> anyhow::Result<()> {
        let clients = Clients::begin(&self.settings, &self.modules);
        clients.wait_for_more(1);
        let copies = self.at("copies");
        Self::for_service(&copies)?;
        let (backup, restored) = (copies.join("backup"), copies.join("restored"));
        succeed(self.modkeep(&["store", "backup"]).arg(&backup))?;
        none_failed(&clients.end(), "a backup")?;
        succeed(
            self.modkeep(&["store", "restore"])
                .arg(&backup)
                .arg("--data")
                .arg(&restored),
        )?;
        let log = self.at("restored.log");
        let mut serve = self.modkeep(&["serve", "--upstream", "off"]);
        serve.args(["--listen", MODKEEP_NEXT, "--admin-listen", "127.0.0.1:3010"]);
        let server = Running::start(serve.arg("--data").arg(&restored), &log)?;
        get_200(MODKEEP_NEXT.parse()?, "/readyz")?;
        let go = self
            .client()
            .env("GOPROXY", &format!("http://{MODKEEP_NEXT}"));
        for module in self.modules.iter().take(3) {
            let output = go.download(module);
            ensure!(output.ok(), "{module}: {output}");
        }
        server.stop()?;
        // Its own database might have signed more after the backup: it waits for somebody who knows.
        let told = fs::read_to_string(&log)?;
        ensure!(told.contains("own-database-lost"), "{told}");
        shown("the restored copy serves what was kept, with its upstream off");
        Ok(())
    }

    /// A bundle, carried to a namespace without any network.
    pub(super) fn air_gap(&self) -> anyhow::Result<()> {
        let bundle = self.at("copies/site.bundle");
        let target = format!("--bundle={}", bundle.display());
        succeed(&mut self.modkeep(&["store", "export", &target]))?;
        let module = self.modules.first().context("no module")?;
        let far = self.at("far");
        let key = self.public_key()?;
        let script = format!(
            "ip link set lo up && {binary} store import {bundle} --data {far}/data --sumdb '{key}' --private corp.example.com --key '{own}' && \
             ({binary} serve --upstream off --sumdb '{key}' --data {far}/data --listen {MODKEEP} > {far}/log 2>&1 & \
             echo $! > {far}/pid) && for i in $(seq 100); do \
             GOPROXY=http://{MODKEEP} GOSUMDB='{key}' HOME={far} GOFLAGS=-modcacherw go mod download {module} 2> {far}/error && break; sleep 0.1; done; \
             status=$?; cd {far} && GOPROXY=http://{MODKEEP} GOSUMDB='{key}' HOME={far} go list -m {path}@latest || status=1; \
             kill $(cat {far}/pid); cat {far}/error >&2; exit $status",
            own = self.own_key()?,
            binary = self.binary.display(),
            bundle = bundle.display(),
            far = far.display(),
            path = module.split('@').next().unwrap_or_default(),
        );
        fs::create_dir(&far)?;
        let output = succeed(Command::new("unshare").args(["--net", "sh", "-c", &script]))?;
        ensure!(
            text(&output.stdout).contains(module.split('@').next().unwrap_or_default()),
            "{}",
            text(&output.stdout)
        );
        shown("a bundle carried to a namespace without network: go mod download and @latest there");
        Ok(())
    }

    /// Upgrades while clients download. The release before hands nothing over: the next process listens
    /// at an address of its own, nginx goes there when the first one refuses, and it waits for the store.
    pub(super) fn upgrades(&mut self, before: &Path, count: usize) -> anyhow::Result<()> {
        let old_binary = self.at("modkeep-before");
        fs::copy(before, &old_binary).context("the release before cannot be copied")?;
        if let Some(server) = self.server.take() {
            server.stop()?;
        }
        // What a release after it has opened, the release before may refuse: each time anew.
        let seed = self.at("seed");
        Self::for_service(&seed)?;
        let mut init = of_service(&old_binary);
        succeed(
            init.args(["sumdb", "init", OWN_DATABASE, "--data"])
                .arg(&seed),
        )?;
        let mut commands = 0;
        for number in 0..count {
            let data = self.at(&format!("upgraded-{number}"));
            succeed(Command::new("cp").arg("-a").args([&seed, &data]))?;
            let mut old = of_service(&old_binary);
            old.arg("serve")
                .args(["--listen", MODKEEP, "--vulndb", "off", "--data"])
                .arg(&data);
            old.args([
                "--upstream",
                &self.public.url(),
                "--sumdb",
                &self.public_key()?,
                "--private",
                "corp.example.com",
                "--public-host",
                "localhost",
            ]);
            let old = Running::start(&mut old, &self.at("before.log"))?;
            get_200(MODKEEP.parse()?, "/readyz")?;
            let clients = Clients::begin(&self.settings, &self.modules);
            clients.wait_for_more(BETWEEN / 2);
            let data = data.display().to_string();
            let next = self.serve(&["--take-over", "--listen", MODKEEP_NEXT, "--data", &data])?;
            connects(MODKEEP_NEXT.parse()?)?;
            old.stop()?;
            clients.wait_for_more(BETWEEN / 2);
            let tally = clients.end();
            commands += tally.commands;
            if let Some(failure) = tally.failures.first() {
                bail!(
                    "upgrade {number}: {} of {} commands failed, such as\n{failure}",
                    tally.failures.len(),
                    tally.commands
                );
            }
            next.stop()?;
        }
        shown(&format!(
            "{count} upgrades from the release before: {commands} commands of go, 0 failed"
        ));
        Ok(())
    }

    /// No line of the log is a warning that nobody expected.
    pub(super) fn end(mut self) -> anyhow::Result<()> {
        if let Some(server) = self.server.take() {
            server.stop()?;
        }
        let log = fs::read_to_string(self.at("modkeep.log"))?;
        let is_wrong = |line: &&str| {
            !line.starts_with('{')
                || line.contains("\"level\":\"WARN\"")
                || line.contains("\"level\":\"ERROR\"")
        };
        let wrong: Vec<&str> = log.lines().filter(is_wrong).collect();
        ensure!(
            wrong.is_empty(),
            "{} wrong lines in the log, such as\n{}",
            wrong.len(),
            wrong
                .iter()
                .take(10)
                .copied()
                .collect::<Vec<_>>()
                .join("\n")
        );
        shown(&format!(
            "{} lines of the log, none of them a warning or an error",
            log.lines().count()
        ));
        Ok(())
    }
}

/// A proxy of public modules that mirrors their checksum database: its modules, and the database's key.
fn public_source() -> (FakeUpstream, Vec<String>, String) {
    let mut database = Database::new("sum.example.com/public", 3);
    let mut corpus = Corpus::new();
    let mut names = Vec::new();
    for number in 0..MODULES {
        let module = Module::new(&format!("example.com/m{number}"), "v1.0.0");
        database.log(&module);
        corpus.add(&module);
        names.push(format!("{}@{}", module.path(), module.version()));
    }
    database.publish(&mut corpus);
    (FakeUpstream::start(corpus), names, database.key())
}

/// A directory as a unit's `StateDirectoryMode=0700` makes it.
fn private_directory(path: &Path) -> anyhow::Result<()> {
    fs::create_dir(path)?;
    Ok(fs::set_permissions(
        path,
        fs::Permissions::from_mode(0o700),
    )?)
}

fn none_failed(tally: &Tally, what: &str) -> anyhow::Result<()> {
    if let Some(failure) = tally.failures.first() {
        bail!(
            "{what}: {} of {} commands failed, such as\n{failure}",
            tally.failures.len(),
            tally.commands
        );
    }
    shown(&format!(
        "{what} under load: {} commands of go, 0 failed",
        tally.commands
    ));
    Ok(())
}

fn shown(what: &str) {
    println!("shown: {what}");
}
