// The shapes of projects that lock files are made for: small, each with one thing that healthy
// projects do. A shape gives the files of a project, or nothing where a tool has no such thing.
//
// `asked` is { family: npm | yarn1 | berry | pnpm, number: the tool's major version, origin: the
// loopback server with the archive and the private registry }.

const root = (more) => ({ name: "top", version: "1.0.0", private: true, ...more });
const json = (value) => JSON.stringify(value, null, 2) + "\n";
const yaml = (lines) => lines.join("\n") + "\n";

function plain() {
  const manifest = root({ dependencies: { debug: "4.3.4", "is-odd": "^3.0.1" }, devDependencies: { ms: "^2.0.0", semver: "5.x || >=6.2 <7" } });
  return { files: { "package.json": manifest } };
}

function workspaces({ family, number }) {
  const own = family === "pnpm" ? "workspace:*" : family === "berry" ? "workspace:*" : "^1.2.0";
  const files = {
    "package.json": root({ workspaces: ["packages/*"], devDependencies: { ms: "2.1.3" } }),
    "packages/left/package.json": { name: "@example/left", version: "1.2.0", dependencies: { "is-odd": "^3.0.0" } },
    "packages/right/package.json": { name: "right", version: "2.0.0", dependencies: { "@example/left": own, debug: "4.3.4" }, devDependencies: { "is-odd": "2.0.0" } },
  };
  if (family === "pnpm") files["pnpm-workspace.yaml"] = yaml(["packages:", "  - 'packages/*'"]);
  // npm 6 knows no workspaces.
  return family === "npm" && number < 7 ? null : { files };
}

// What a package bundles lies in its archive.
function bundled({ family, number }) {
  const manifest = root({ dependencies: { "@tailwindcss/oxide-wasm32-wasi": "4.1.11", "@tailwindcss/oxide": "4.1.11" } });
  const own = number > 6 || family !== "npm";
  return own ? { files: { "package.json": manifest }, flags: family === "npm" ? ["--force"] : [] } : null;
}

// The project bundles something itself, and so does a folder that it depends on; npm since 7 makes an
// archive of such a folder, which fails.
function bundling({ family, number }) {
  const manifest = root({ dependencies: { debug: "4.3.4", held: "file:held" }, bundleDependencies: ["debug"] });
  const held = { name: "held", version: "1.0.0", dependencies: { "is-number": "^6.0.0" }, bundledDependencies: ["is-number"] };
  if (family === "npm" && number > 6) delete manifest.dependencies.held;
  return { files: { "package.json": manifest, "held/package.json": held } };
}

function aliases() {
  const dependencies = { "is-odd-two": "npm:is-odd@2.0.0", "is-odd": "^3.0.1", "@mine/ms": "npm:ms@^2.1.0", "@isaacs/cliui": "8.0.2" };
  return { files: { "package.json": root({ dependencies }) } };
}

function overrides({ family, number }) {
  const dependencies = { debug: "4.3.4", "is-odd": "3.0.1", send: "0.18.0" };
  const list = { ms: "2.1.3", "is-number": "npm:is-number@7.0.0" };
  const more = { npm: { overrides: { ...list, send: { depd: "2.0.0" } } }, yarn1: { resolutions: { ...list, "send/depd": "2.0.0" } } };
  const berry = { resolutions: { ...list, "send/depd": "2.0.0" } };
  const pnpm = { pnpm: { overrides: { ...list, "send>depd": "2.0.0" } } };
  const files = { "package.json": root({ dependencies, ...{ ...more, berry, pnpm }[family] }) };
  if (family === "pnpm" && number > 10) {
    files["package.json"] = root({ dependencies });
    files["pnpm-workspace.yaml"] = yaml(["overrides:", "  ms: 2.1.3", "  is-number: npm:is-number@7.0.0", "  send>depd: 2.0.0"]);
  }
  return family === "npm" && number < 8 ? null : { files };
}

// Another package in place of one that is asked for, wherever that is.
function overridesAlias({ family, number }) {
  const dependencies = { debug: "4.3.4" };
  const list = { ms: "npm:dry-uninstall@0.3.0" };
  const more = { npm: { overrides: list }, yarn1: { resolutions: list }, berry: { resolutions: list }, pnpm: { pnpm: { overrides: list } } };
  const files = { "package.json": root({ dependencies, ...more[family] }) };
  if (family === "pnpm" && number > 10) {
    files["package.json"] = root({ dependencies });
    files["pnpm-workspace.yaml"] = yaml(["overrides:", "  ms: npm:dry-uninstall@0.3.0"]);
  }
  return family === "npm" && number < 8 ? null : { files };
}

// A range of npm's that points to one of the project's own.
function overridesReference({ family, number }) {
  if (family !== "npm" || number < 8) return null;
  return { files: { "package.json": root({ dependencies: { debug: "4.3.4", ms: "2.1.3" }, overrides: { ms: "$ms", debug: { ".": "4.3.4" } } }) } };
}

function git() {
  const dependencies = { "git-tool": "git+https://git.example.com/tool.git#v0.1.0", "is-odd": "3.0.1" };
  return { files: { "package.json": root({ dependencies }) } };
}

function gitSsh() {
  return { files: { "package.json": root({ dependencies: { "git-tool": "git+ssh://git@git.example.com/tool.git" } }) } };
}

function archive({ origin }) {
  const dependencies = { archived: `${origin}/files/archived-1.0.0.tgz`, "other-name": `${origin}/files/archived-1.0.0.tgz` };
  return { files: { "package.json": root({ dependencies }) } };
}

function folders({ family }) {
  const dependencies = { near: "file:./near", renamed: "file:./near", "is-odd": "3.0.1" };
  if (family !== "npm") dependencies.linked = "link:./linked";
  if (family === "berry") dependencies.portal = "portal:./portal";
  const files = { "package.json": root({ dependencies }) };
  for (const name of ["near", "linked", "portal"]) {
    files[`${name}/package.json`] = { name, version: "1.0.0", dependencies: { ms: "^2.1.1" } };
  }
  return { files };
}

// The lock lies beside what it links to, not above it.
function outsideLink({ family }) {
  const files = {
    "scripts/m/package.json": root({ dependencies: { lib: family === "npm" ? "file:../../lib" : "link:../../lib", ms: "2.1.3" } }),
    "lib/package.json": { name: "lib", version: "1.0.0", dependencies: { "is-odd": "3.0.1" } },
  };
  return { files, below: "scripts/m" };
}

// Names that no registry takes, of folders that are linked.
function oddNames({ family, number }) {
  if (family === "npm") return null;
  const files = {
    "package.json": root({ workspaces: ["benchmark"], devDependencies: { $utils: "link:./scripts/utils" } }),
    "benchmark/package.json": { name: "@acme/benchmark", version: "0.0.0", private: true, dependencies: { $utils: "link:../scripts/utils", ms: "2.1.3" } },
    "scripts/utils/package.json": { name: "$utils", version: "0.0.0", private: true },
  };
  if (family === "pnpm") files["pnpm-workspace.yaml"] = yaml(["packages:", "  - benchmark"]);
  return { files };
}

function platforms({ family }) {
  const flags = family === "npm" ? ["--force"] : [];
  return { files: { "package.json": root({ devDependencies: { "@biomejs/biome": "1.9.4" }, optionalDependencies: { fsevents: "2.3.3" } }) }, flags };
}

function peers() {
  const dependencies = { ws: "8.17.1", "use-sync-external-store": "1.2.2", react: "18.3.1", "react-dom": "18.3.1" };
  return { files: { "package.json": root({ dependencies, devDependencies: { "eslint-config-prettier": "9.1.0" }, peerDependencies: { ms: "2.1.3" }, peerDependenciesMeta: { ms: { optional: true } } }) } };
}

// Peers that do not fit, taken nevertheless.
function legacyPeers({ family }) {
  const flags = { npm: ["--legacy-peer-deps"], pnpm: ["--no-strict-peer-dependencies"] }[family] ?? [];
  return { files: { "package.json": root({ dependencies: { react: "16.14.0", "react-dom": "18.3.1" } }) }, flags };
}

const PATCH = `diff --git a/index.js b/index.js
index ea734fb7389ebd6de1e2c24b0ba0ee52ef64e0a1..3a7ba6d3ff7ec1a84cd2a6a5d0ce5e3f4e5f2b9f 100644
--- a/index.js
+++ b/index.js
@@ -1,3 +1,4 @@
+// patched
 /**
  * Helpers.
  */
`;

function patches({ family, number }) {
  if (family === "pnpm" && number >= 7) {
    const manifest = root({ dependencies: { ms: "2.1.3" } });
    const files = { "package.json": manifest, "patches/ms@2.1.3.patch": PATCH };
    if (number > 9) files["pnpm-workspace.yaml"] = yaml(["patchedDependencies:", "  ms@2.1.3: patches/ms@2.1.3.patch"]);
    else manifest.pnpm = { patchedDependencies: { "ms@2.1.3": "patches/ms@2.1.3.patch" } };
    return { files };
  }
  if (family !== "berry") return null;
  // `resolve` is one of those that yarn patches by itself.
  const dependencies = { ms: "patch:ms@2.1.3#./patches/ms.patch", resolve: "1.22.8", typescript: "5.4.5" };
  return { files: { "package.json": root({ dependencies }), "patches/ms.patch": PATCH } };
}

function catalogs({ family, number }) {
  const left = { name: "left", version: "1.0.0", dependencies: { ms: "catalog:", "is-odd": "catalog:old" } };
  const lines = ["catalog:", "  ms: ^2.1.0", "catalogs:", "  old:", "    is-odd: ^2.0.0"];
  if (family === "pnpm" && number > 8) {
    const files = { "package.json": root({ devDependencies: { ms: "catalog:" } }), "packages/left/package.json": left };
    return { files: { ...files, "pnpm-workspace.yaml": yaml(["packages:", "  - packages/*", ...lines]) } };
  }
  if (family === "berry" && number > 3) {
    const files = { "package.json": root({ workspaces: ["packages/*"], devDependencies: { ms: "catalog:" } }), "packages/left/package.json": left };
    return { files: { ...files, ".yarnrc.yml": yaml(lines) } };
  }
  return null;
}

function scope({ family, origin }) {
  const files = { "package.json": root({ dependencies: { "@corp/tool": "^1.0.0", ms: "2.1.3" } }) };
  if (family === "berry") files[".yarnrc.yml"] = yaml(["npmScopes:", "  corp:", `    npmRegistryServer: "${origin}/corp"`]);
  else files[".npmrc"] = `@corp:registry=${origin}/corp/\n`;
  return { files };
}

// pnpm 11 wants the list of hashes signed.
function runtime({ family, number, origin }) {
  if (family !== "pnpm" || number !== 10) return null;
  const devEngines = { runtime: { name: "node", version: "22.19.0", onFail: "download" } };
  const files = { "package.json": root({ dependencies: { ms: "2.1.3" }, devEngines }) };
  return { files: { ...files, ".npmrc": `node-mirror:release=${origin}/node/\n` } };
}

function inlineSpecifiers({ family, number }) {
  if (family !== "pnpm" || number !== 7) return null;
  return { files: { ...plain().files, ".npmrc": "use-inline-specifiers-lockfile-format=true\n" } };
}

// Addresses of the registry left out of npm's lock.
function withoutAddresses({ family, number }) {
  return family === "npm" && number > 7 ? { ...plain(), flags: ["--omit-lockfile-registry-resolved"] } : null;
}

export const SHAPES = {
  plain, workspaces, bundled, bundling, aliases, overrides, "overrides-alias": overridesAlias, "overrides-reference": overridesReference,
  git, "git-ssh": gitSsh, archive, folders, "outside-link": outsideLink, "odd-names": oddNames, platforms, peers, "legacy-peers": legacyPeers,
  patches, catalogs, scope, runtime, "inline-specifiers": inlineSpecifiers, "without-addresses": withoutAddresses,
};
