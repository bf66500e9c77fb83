//! Causes in version control and in the discovery of repositories, where no proxy stands between.

use super::{FailureCause, RemedyKind, decisive, local, remedy, run, symptom, telling};

pub(super) static AUTHENTICATION: FailureCause = FailureCause {
    id: "vcs/auth",
    title: "the repository wants credentials",
    why: "It is private (or gone: hosts answer alike), it is fetched directly, and git may not ask.",
    next: "Fetch it through a proxy that may read it, or give git credentials for the host, or use ssh.",
    common: true,
    patterns: &[
        telling("could not read Username for '{url}': terminal prompts disabled"),
        telling("could not read Username for '{url}'"),
        telling("could not read Password for '{url}'"),
        telling("Authentication failed for '{url}'"),
        telling("Authentifizierung fehlgeschlagen f\u{fc}r '{url}'"),
        telling("'{url}' \u{9274}\u{6743}\u{5931}\u{8d25}"),
        telling("'{url}' \u{8eab}\u{4efd}\u{9a57}\u{8b49}\u{5931}\u{6557}"),
        telling("chec d'authentification pour '{url}'"),
        telling("Autenticaci\u{f3}n fall\u{f3} para '{url}'"),
        telling("Autentica\u{e7}\u{e3}o falhou para '{url}'"),
        telling("Autenticazione non riuscita per '{url}'"),
        telling("remote: HTTP Basic: Access denied"),
        telling("remote: Invalid username or password"),
        telling("remote: Invalid username or token"),
        telling("remote: Support for password authentication was removed"),
        telling("'{url}'{...}: The requested URL returned error: 401"),
        telling("'{url}'{...}: The requested URL returned error: 403"),
        telling("'{url}'{...}The requested URL returned error: 403"),
        telling("If this is a private repository, see https://golang.org/doc/faq#git_https"),
    ],
    remedies: &[
        remedy(
            RemedyKind::Line,
            "machine {hostname} login USER password TOKEN",
            "a line of ~/.netrc, which only you should be able to read (chmod 600)",
        ),
        run(
            "git config --global url.ssh://git@{portless}/.insteadOf https://{portless}/",
            "git uses ssh for everything on this host, for this user",
        ),
    ],
};

pub(super) static SSH_KEY: FailureCause = FailureCause {
    id: "vcs/ssh-key",
    title: "the host does not accept your ssh key",
    why: "No key is loaded, or the host does not know it, or it has no access to this repository.",
    next: "Load a key (ssh-add -l shows which are), and add it to your account on the host.",
    common: true,
    patterns: &[
        decisive("Permission denied (publickey)"),
        decisive("Permission denied (publickey,{word}"),
        decisive("{word}: Permission denied (publickey)."),
        telling("Too many authentication failures"),
    ],
    remedies: &[run("ssh-add -l", "nothing: it lists the keys")],
};

pub(super) static HOST_KEY: FailureCause = FailureCause {
    id: "vcs/host-key",
    title: "ssh does not know the host",
    why: "The host's key is not in known_hosts, and nobody is there to be asked; or it has changed.",
    next: "Compare the key with what the host publishes, and add it to known_hosts.",
    common: false,
    patterns: &[decisive("Host key verification failed.")],
    remedies: &[],
};

pub(super) static UNKNOWN_HOST: FailureCause = FailureCause {
    id: "vcs/unknown-host",
    title: "git cannot resolve the host",
    why: "The code host's name does not exist from here: a typing error, or no network.",
    next: "Check the spelling; connect to the VPN.",
    common: false,
    patterns: &[
        decisive("Could not resolve host: {host}"),
        decisive("ssh: Could not resolve hostname {host}: {...}"),
        telling("unable to look up {host} (port {number}) ({...}"),
    ],
    remedies: &[run("getent hosts {host}", "nothing: it only looks")],
};

pub(super) static NO_REPOSITORY: FailureCause = FailureCause {
    id: "vcs/no-repository",
    title: "there is no such repository",
    why: "It was deleted, renamed or made private, or the path is misspelt.",
    next: "Check the spelling; look for the new home; a proxy or module cache may still have the version.",
    common: false,
    patterns: &[
        telling("repository '{url}' not found"),
        telling("Repository '{url}' nicht gefunden"),
        telling("\u{4ed3}\u{5e93} '{url}' \u{672a}\u{627e}\u{5230}"),
        telling("\u{7248}\u{672c}\u{5eab} '{url}' \u{672a}\u{627e}\u{5230}"),
        telling("d\u{e9}p\u{f4}t '{url}' non trouv\u{e9}"),
        telling("repositorio '{url}' no encontrado"),
        telling("reposit\u{f3}rio '{url}' inexistente"),
        telling("repository '{url}' non trovato"),
        telling("remote: Repository not found."),
        telling("remote: The project you were looking for could not be found"),
        telling("'{file}' does not appear to be a git repository"),
        telling("'{url}'{...}: The requested URL returned error: 404"),
        symptom("Could not read from remote repository."),
        symptom("Konnte nicht vom Remote-Repository lesen."),
        symptom("\u{65e0}\u{6cd5}\u{8bfb}\u{53d6}\u{8fdc}\u{7a0b}\u{4ed3}\u{5e93}"),
        symptom("\u{7121}\u{6cd5}\u{8b80}\u{53d6}\u{9060}\u{7aef}\u{7248}\u{672c}\u{5eab}"),
        symptom("Impossible de lire le d\u{e9}p\u{f4}t distant."),
        symptom("No se pudo leer del repositorio remoto."),
    ],
    remedies: &[],
};

pub(super) static NO_PROTOCOL: FailureCause = FailureCause {
    id: "vcs/no-protocol",
    title: "the repository answers over no protocol that go trusts",
    why: "go tries https and ssh in turn, and neither worked: there is no such repository, or it wants credentials, or it offers insecure protocols only.",
    next: "Ask git itself, whose words go leaves out here; a proxy that may read the repository needs neither.",
    common: false,
    patterns: &[decisive("no secure protocol found for repository")],
    remedies: &[run(
        "git ls-remote https://{module}",
        "nothing: it shows what git says",
    )],
};

pub(super) static NOT_INSTALLED: FailureCause = FailureCause {
    id: "vcs/not-installed",
    title: "the version control command is not installed",
    why: "Fetching directly runs git (or hg, svn, fossil), and the PATH has none.",
    next: "Install it, or use a proxy, which needs none.",
    common: false,
    patterns: &[
        decisive("exec: \"{program}\": executable file not found in {...}")
            .when(local::is_version_control),
        decisive("go: missing {word} command. See https://golang.org/s/gogetcmd"),
    ],
    remedies: &[],
};

pub(super) static FAILED: FailureCause = FailureCause {
    id: "vcs/failed",
    title: "the version control command failed",
    why: "Its own words stand below the line that names it.",
    next: "Run the command by hand; fetching through a proxy needs no version control.",
    common: false,
    patterns: &[
        symptom("git ls-remote {...}: exit status {number}"),
        symptom("git fetch {...}: exit status {number}"),
        symptom("git init {...}: exit status {number}"),
        symptom("couldn't find remote ref {word}"),
        symptom("konnte Remote-Referenz {word} nicht finden"),
        symptom("\u{65e0}\u{6cd5}\u{627e}\u{5230}\u{8fdc}\u{7a0b}\u{5f15}\u{7528} {word}"),
    ],
    remedies: &[],
};

pub(super) static FORBIDDEN: FailureCause = FailureCause {
    id: "vcs/forbidden",
    title: "GOVCS forbids this version control system",
    why: "By default public modules come from git and hg only, and private ones from any.",
    next: "Fetch it through a proxy, or allow the system for this host in GOVCS.",
    common: false,
    patterns: &[decisive("GOVCS disallows using {system} for {word} {host}")],
    remedies: &[remedy(
        RemedyKind::Environment,
        "go env -w 'GOVCS={host}:{system},public:git|hg,private:all'",
        "that system's client then runs on whatever this host sends; it replaces the present list",
    )],
};

pub(super) static STAMP: FailureCause = FailureCause {
    id: "vcs/stamp",
    title: "the build cannot read its own repository's state",
    why: "go writes the commit into the binary, and git refuses: usually the checkout belongs to another user, as in containers.",
    next: "Tell git that the directory is safe, or build with -buildvcs=false.",
    common: false,
    patterns: &[
        decisive("error obtaining VCS status: exit status {number}"),
        telling("Use -buildvcs=false to disable VCS stamping."),
        telling("detected dubious ownership in repository at '{file}'"),
        telling("dubiose Besitzverh\u{e4}ltnisse im Repository bei '{file}' entdeckt"),
        telling(
            "\u{5728} '{file}' \u{68c0}\u{6d4b}\u{5230}\u{53ef}\u{7591}\u{7684}\u{4ed3}\u{5e93}\u{6240}\u{6709}\u{6743}",
        ),
    ],
    remedies: &[run(
        "git config --global --add safe.directory {file}",
        "git trusts the directory whoever owns it",
    )],
};

pub(super) static NO_META_TAG: FailureCause = FailureCause {
    id: "discovery/no-meta-tag",
    title: "the page does not say where the repository is",
    why: "For a path that is on no known host, go reads a go-import tag from the page, and it is missing or for another path.",
    next: "Check the spelling; a login page may stand in between; a proxy that has the module needs no page.",
    common: false,
    patterns: &[
        decisive("parse {url}: no go-import meta tags ({...})"),
        decisive("parsing {word}: no go-import meta tags"),
        decisive("no go-import meta tags"),
        decisive("disagree about go-import for {word}"),
        decisive("multiple meta tags match import path \"{package}\""),
        decisive("unknown vcs \"{word}\""),
    ],
    remedies: &[run(
        "curl -sSL 'https://{package}?go-get=1'",
        "nothing: it shows the page that go reads",
    )],
};

pub(super) static DISCOVERY: FailureCause = FailureCause {
    id: "discovery/failed",
    title: "the page that names the repository cannot be had",
    why: "The host of the import path is down, unknown, or has no such page.",
    next: "Check the spelling; a proxy that has the module needs no page.",
    common: false,
    patterns: &[
        telling("unrecognized import path \"{package}\": https fetch: Get \"{url}\""),
        telling("unrecognized import path \"{package}\": reading {url}: {status}"),
        symptom("unrecognized import path \"{package}\""),
    ],
    remedies: &[run(
        "curl -sSL 'https://{package}?go-get=1'",
        "nothing: it shows the page that go reads",
    )],
};
