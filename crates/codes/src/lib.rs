//! The stable `MK` codes: what happened, why, what to do next.
//!
//! A code is a promise. Its number is printed in error bodies and on terminals, pasted into
//! search boxes and tickets, and matched by scripts; so a number is never reused and never
//! changes its meaning. The table below is the only place that maps a code to an HTTP status
//! and to its standing advice; the reference page `docs/errors.md` is generated from it.
//!
//! Families: `MK10xx` the request is wrong, `MK20xx` a module or version is not there or cannot
//! be reached, `MK30xx` this site's own storage, `MK40xx` what arrived cannot be trusted,
//! `MK50xx` the program was started wrongly, `MK60xx` a file given to a command is wrong,
//! `MK70xx` what is known of vulnerabilities.
//!
//! The crate refuses to know who uses a code: situations are described by the caller, the table
//! holds only what is true of every one of them.

use std::fmt;

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeEntry {
    /// The four digits behind `MK`.
    pub number: u16,
    /// HTTP status of an answer that carries this code; `None` where it never reaches HTTP.
    pub status: Option<u16>,
    /// What happened, in a few words.
    pub title: &'static str,
    /// Why this usually happens.
    pub cause: &'static str,
    /// What to do next.
    pub remedy: &'static str,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $status:expr, $title:literal, $cause:literal, $remedy:literal;)+) => {
        /// A stable error code. `Display` prints it as users see it: `MK2003`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[$doc])* #[doc = $title] $name,)+
        }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The row of this code.
            pub const fn entry(self) -> CodeEntry {
                match self {
                    $(Self::$name => CodeEntry {
                        number: $number, status: $status, title: $title, cause: $cause, remedy: $remedy,
                    },)+
                }
            }
        }
    };
}

codes! {
    MalformedRequest = 1001, Some(400), "the request path is malformed",
        "The path is no path of the module protocol, or its escapes are wrong.",
        "Ask for MODULE/@v/list, MODULE/@v/VERSION.{info,mod,zip}, MODULE/@latest or sumdb/NAME/....";
    InvalidModulePath = 1002, Some(404), "the module path is not valid",
        "Go itself would refuse this path; no module can have it.",
        "Check the import path for typing errors; upper case is escaped as ! and lower case.";
    InvalidVersion = 1003, Some(404), "the version is not valid",
        "The version is not canonical, or its major version does not agree with the module path.",
        "Use the exact version that `go list -m -versions MODULE` prints.";
    MethodNotAllowed = 1004, Some(405), "the method is not allowed here",
        "The module protocol answers GET and HEAD only.",
        "Use GET.";
    RequestTooLarge = 1005, Some(413), "the request is too large",
        "The path, headers or body exceed the limits of this server.",
        "Shorten the request; limits are in the configuration reference.";
    RangeNotSatisfiable = 1006, Some(416), "the range lies outside the file",
        "The Range header asks for bytes that the file does not have.",
        "Ask again without Range.";
    NotFoundHere = 1007, Some(404), "no such page",
        "The path belongs to no part of this server.",
        "Modules are at MODULE/@v/..., databases at /sumdb/NAME/..., health at /livez and /readyz, numbers at /metrics.";
    TooManyAtOnce = 1008, Some(429), "too much is under way for this address",
        "Each address has a share of memory, posted lists and requests, and this one uses all of its own.",
        "Run again after the seconds in Retry-After, with fewer at a time.";
    HostNotServed = 1009, Some(421), "this host name is not served here",
        "Only names that no outsider can own are served unasked, so that no web page can pose as this server.",
        "If the name is this server's, add it to --public-host; otherwise use the server's address.";
    CrossSite = 1010, Some(403), "requests from other web sites are refused",
        "A browser sent this on behalf of a page of another site.",
        "Open the address yourself; pages of one's own site need its name in --public-host.";
    OperatorsOnly = 1011, Some(403), "this is answered to operators only",
        "It tells of others or changes what they are answered.",
        "Ask on the server's own machine, or at the address that --admin-listen names.";
    TooManyWaiting = 1020, Some(429), "too many of your requests wait for sources",
        "Each caller may have as many requests waiting for sources as there is room for still; what is kept is served.",
        "Ask for fewer things at a time, or again after the seconds in Retry-After.";
    NotPublishedHere = 1030, Some(403), "this module is not published to this server",
        "Only private modules are published here: a public name belongs to its own repository.",
        "Publish under a name that --private matches; an operator names others with --publish-modules.";
    VersionTaken = 1032, Some(409), "this version has other content",
        "A version is published once; what is kept stays, and nothing of the upload was kept.",
        "Publish the change as a new version.";
    BadPublication = 1033, Some(422), "the zip is not published",
        "It is no zip of this module at this version by Go's rules.",
        "Look at it with `modkeep zip check FILE MODULE@VERSION`, or let `modkeep publish DIR` make it.";
    UnpublishableVersion = 1034, Some(422), "this version cannot be published",
        "A published version is a release or a pre-release that agrees with its module path.",
        "Choose a version such as v1.2.3; an operator allows others with --publish-pseudo.";
    TagMissing = 1035, Some(422), "the repository has no tag of this version",
        "This server publishes tagged versions only, and the module's source does not know this one.",
        "Push the tag, wait some seconds, and publish again.";
    UploadBroken = 1036, Some(400), "the upload did not come whole",
        "It ended early, came too slowly, or its length was another one than announced.",
        "Publish again; nothing of it was kept.";
    UploadRefused = 1037, None, "the server did not take the version",
        "The server, or something before it, refused the upload.",
        "Its answer is above; look up the code with `modkeep doctor CODE`.";
    CheckoutDirty = 1038, None, "the checkout is not what is committed",
        "A version is what a commit has; files here were changed, added or removed since.",
        "Commit or stash them, or publish what is here with --allow-dirty.";
    NoCredentials = 1039, None, "the server wants to know who publishes",
        "The request had no credentials that the server takes.",
        "Write a machine entry for the server into ~/.netrc, or give --token-file.";

    CredentialsNeeded = 1021, Some(401), "who calls has to be known for this",
        "The server answers this to known callers only, and the request had no credentials.",
        "Get a token (modkeep token create), and give it to go: netrc with HOST:PORT, or GOAUTH. go sends it over https.";
    CredentialsRefused = 1022, Some(401), "the credentials prove nothing here",
        "A token was sent that is unknown, expired, revoked, or made for somebody else.",
        "Look at the reason above; a new token comes from modkeep token create or from the issuer.";
    NotPermitted = 1023, Some(403), "this caller may not do that",
        "No [[access]] rule and no scope of the token allows it.",
        "Ask an operator for a rule or a token that allows the action named above.";
    IssuerNotAsked = 1024, Some(503), "who calls cannot be told now",
        "The issuer of the token could not be asked, so it is not known whether it is good.",
        "Ask again after the seconds in Retry-After; public modules are served meanwhile.";

    NotKept = 2001, Some(404), "not kept here, and fetching was not allowed",
        "The request asked to be answered only from what is kept.",
        "Ask without /cached-only and without Disable-Module-Fetch to let it be fetched.";
    Absent = 2002, Some(404), "no source has it",
        "Every configured source said that this module or version does not exist.",
        "Check the spelling; for a new tag an operator runs: curl -X POST THIS-SERVER/-/refresh/MODULE";
    UpstreamUnreachable = 2003, Some(503), "no source could be reached",
        "Connecting failed or timed out, so it is unknown whether the module exists.",
        "Run again; if it persists look at /metrics and the upstream's own status.";
    UpstreamTimeout = 2004, Some(504), "the source did not answer in time",
        "The source accepted the request but sent no answer, or stalled in the middle of it.",
        "Run again; raise the deadlines if the source is known to be slow.";
    UpstreamError = 2005, Some(502), "the source answered with an error",
        "The source sent a status that says neither yes nor no.",
        "Run again; if it persists ask whoever runs the source.";
    UpstreamRefused = 2006, Some(502), "the source refused us",
        "The source wants credentials or forbids access (401, 403, 451).",
        "Check the credentials for this source, or add another source to --upstream.";
    UpstreamBadContent = 2007, Some(502), "the source sent wrong content",
        "What arrived is not what was asked for, so it was thrown away.",
        "Run again; if it persists remove this source from --upstream.";
    DirectUnsupported = 2008, Some(501), "version control is not asked here",
        "The upstream list ends in `direct`, and no proxy before it had the module.",
        "Add a proxy that has the module to --upstream, or let the client fall through to direct.";
    LookupOff = 2009, Some(404), "fetching is turned off",
        "The upstream list is `off`: only what is kept is served.",
        "Set --upstream to a list of proxies to let it be fetched.";
    SumdbUnsupported = 2010, Some(404), "this checksum database is not mirrored here",
        "No configured source mirrors it, and it is not the database of this server.",
        "The client goes to the database directly; nothing needs to be done.";
    UpstreamLeftAlone = 2011, Some(503), "the source is left alone for now",
        "It failed too often or asked for a pause, so only a small probe asks it until it answers well.",
        "Run again after the seconds in Retry-After; /readyz names the sources that are left alone.";
    UpstreamUnwell = 2012, Some(503), "the source is out of order",
        "The source answered with a server error (5xx), so it is unknown whether the module exists.",
        "Run again; if it persists ask whoever runs the source.";
    RepositoryTooLarge = 2014, Some(502), "the repository is too large",
        "Its mirror grew beyond half of what all mirrors may have (--vcs-size), so the transfer was cut.",
        "Raise --vcs-size, or publish the module to a proxy.";
    TooBusy = 2020, Some(503), "too many requests wait for sources",
        "There is no room to ask for anything that is not kept; what is kept is served as always.",
        "Run again after the seconds in Retry-After; if it persists look at modkeep_flights_waiting in /metrics.";

    StoreUnavailable = 3001, Some(503), "the store failed",
        "Reading or writing the data directory failed.",
        "Look at the log line with this request id; check the disk under --data.";
    DiskFull = 3002, Some(503), "the disk is full",
        "There is no room to keep what would have to be fetched; kept artifacts are still served.",
        "Free space under --data, then run again.";
    ReadOnlyDisk = 3003, Some(503), "the data directory cannot be written",
        "The file system is read-only or permissions forbid writing; kept artifacts are still served.",
        "Make --data writable for this process.";
    CorruptBlob = 3004, Some(503), "a kept file is damaged",
        "The bytes on disk no longer have the hash under which they were kept, and no source had them.",
        "It heals when asked for once a source has it again; look for disk errors.";
    CorruptCatalog = 3005, None, "the catalog is damaged",
        "The catalog database cannot be read.",
        "Stop the server and run `modkeep store rebuild`; blobs and journal are kept.";
    StoreInUse = 3006, None, "the data directory is in use",
        "Another modkeep process holds this data directory.",
        "Stop the other process, or give this one another --data.";
    StoreTooNew = 3007, None, "the data directory is from a newer release",
        "A newer modkeep has changed the layout of this data directory.",
        "Run that release or a newer one.";
    CaptureConflict = 3008, Some(502), "the source now sends other bytes",
        "This version was captured before with other content; the first capture stays.",
        "Use what is kept; find out why the source changed a published version.";
    NoStore = 3010, None, "there is no store",
        "The directory does not exist, or no modkeep keeps anything in it; nothing was made there.",
        "Check --data (`modkeep config show --origin` says where it comes from); `serve` and `run` make a store.";
    InternalError = 3009, Some(500), "a fault of this server",
        "Work ended without a result, which must not happen.",
        "Run again, and report the log lines with this request id.";

    DiskReserve = 3011, Some(503), "the disk is at its reserve",
        "New things are refused while there is still room to work in; kept artifacts are served as always.",
        "Free space under --data, or lower --disk-reserve. In GOPROXY a source behind a | takes over meanwhile.";

    HalfRestored = 3012, None, "a restore was not brought to its end",
        "The data directory holds a part of a backup.",
        "Run `modkeep store restore` again with the same backup and --data; it goes on where it was.";
    UnknownEvidence = 3013, Some(503), "nobody knows why a kept file was trusted",
        "The catalog names evidence that this release does not know, so the file is not served.",
        "Run the release that wrote it, or have it fetched anew: `modkeep store withdraw --anew`.";
    BlobsElsewhere = 3014, None, "the blobs of this store lie elsewhere",
        "The store in --data was made with another --blobs, or without one; looked for here, all would be missing.",
        "Give --blobs as it was when the store was made (DATA/blobs.place), or another --data.";
    BlobAccess = 3015, Some(503), "the object store refuses this server",
        "The bucket of --blobs does not exist, or the credentials may not put and get in it.",
        "Check the bucket, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or the machine's role), and the region.";

    BadZip = 4001, Some(502), "the module zip breaks Go's rules",
        "The zip is damaged, hostile, or not a zip of this module and version.",
        "Tell the author or the source; the go command would refuse it as well.";
    BadGoMod = 4002, Some(502), "the go.mod breaks Go's rules",
        "The go.mod cannot be parsed, is too large, or has no module line.",
        "Tell the author or the source; the go command would refuse it as well.";
    BadInfo = 4003, Some(502), "the version information is wrong",
        "The .info is no JSON, or names another version than the one asked for.",
        "Run again; if it persists remove this source from --upstream.";
    ChecksumMismatch = 4004, Some(502), "the bytes are not the ones that the checksum database knows",
        "They were damaged on the way, or the source changed a published version; they were put aside.",
        "Run again; if it persists look at /-/cases, and do not turn verification off.";
    NotInSumdb = 4005, Some(403), "the checksum database has no record of this version",
        "Without a record nothing proves what the source sends; private modules have none.",
        "Name private modules in --private; for a public one run again, the database learns of it when asked.";
    SumdbUnreachable = 4006, Some(503), "the checksum database cannot be asked",
        "Nothing that is not kept can be proven now, and nothing unproven is served.",
        "Run again; what is kept is served meanwhile. --verify available serves first and proves later.";
    SumdbUntrusted = 4007, Some(502), "the checksum database's answer cannot be believed",
        "A signature, a tile or a record in it is wrong, or its key is not the configured one.",
        "Run again; if it persists ask whoever mirrors the database, and check the key in --sumdb.";
    SumdbForked = 4008, Some(503), "the checksum database has told two histories",
        "Two heads with its signature do not belong to one log, so nothing new is believed of it.",
        "Stop and investigate: both heads are kept. See `modkeep sumdb resume` once it is settled.";
    PrivateName = 4009, Some(404), "this module is private here",
        "Names that match --private are never told to a public source or checksum database.",
        "Set --private-upstream to where it comes from; clients set what `modkeep env --server URL` prints.";
    NotProven = 4010, Some(404), "no proof is kept of this",
        "It is not kept here, or was captured without proof: private, or with --verify off.",
        "Ask for the artifact first; Modkeep-Evidence of its answer says why it is trusted.";
    NoSuchCase = 4011, Some(404), "there is no such case",
        "Cases have the number of the journal entry that opened them.",
        "See /-/cases for those there are.";
    VersionWithdrawn = 4041, Some(403), "this version was withdrawn here",
        "An operator of this server ordered that it is not served any more, for the reason above.",
        "Use another version. Operators: `modkeep store withdraw MODULE@VERSION --undo --reason TEXT` takes it back.";
    VersionDenied = 4042, Some(403), "this version is denied here",
        "The deny list of this server names it, for the reason above.",
        "Use another version. Operators: it is a [[deny]] entry of the configuration file.";
    VersionsRetired = 4043, Some(404), "every version of this module is retired here",
        "An operator retired them, so none is the latest; whoever names one still gets it.",
        "Name a version. Operators: `modkeep store retire MODULE@VERSION --undo --reason TEXT` takes it back.";
    OwnSumdbHalted = 4031, Some(503), "this checksum database has stopped signing",
        "A head that it signed is missing or contradicted here, so nothing further is signed under this name.",
        "Restore what is missing, or begin another name: `modkeep sumdb init NAME`. See docs/sumdb.md.";
    OwnSumdbRetired = 4032, Some(403), "this checksum database takes no further records",
        "It has been replaced by another name; what it has is still served.",
        "Set GOSUMDB to the present name and key, which `modkeep sumdb list` prints.";
    OwnSumdbScope = 4033, Some(403), "this checksum database has private modules only",
        "Public modules are not in its scope, and go asks one database only.",
        "Set --own-sumdb-scope all on the server, or GOSUMDB to the public database on the client.";
    WitnessesMissing = 4034, Some(503), "the newest head waits for its witnesses",
        "Too few have signed a head with it (--witness-quorum), or one disputes the newest head.",
        "Run again; if it persists look at the witnesses that /readyz or the log names.";

    BadConfiguration = 5001, None, "the configuration is wrong",
        "An option, environment variable or key of the configuration file cannot be used.",
        "See `modkeep config check` and the configuration reference.";
    BadUpstreamList = 5002, None, "the upstream list is wrong",
        "The list does not follow the grammar of GOPROXY.",
        "Separate entries by , or |; entries are URLs (http, https, file), direct or off.";
    ListenFailed = 5003, None, "the address cannot be listened on",
        "The address is in use, or this user may not bind it.",
        "Choose another --listen, or stop the process that holds it.";
    BadTrustRoots = 5004, None, "trusted roots cannot be read",
        "The PEM file given by --ca cannot be read or holds no certificate.",
        "Give a PEM file with at least one CERTIFICATE block.";
    ServerNotAsked = 5007, None, "the server could not be asked",
        "No modkeep answers at this URL, or something before it answers in its place.",
        "Open URL/readyz from here; check the URL, the network, and --ca where it is https.";
    IssuerNotHttps = 5021, None, "an issuer of tokens is not https",
        "Whoever is between could pose as the issuer, and then as everybody; only an issuer on this machine may be http.",
        "Write the https URL of the issuer, letter by letter as its tokens say it in iss.";
    IssuerUnreachable = 5022, None, "an issuer of tokens cannot be asked for its keys",
        "Its document or keys cannot be fetched, or describe another issuer.",
        "Open ISSUER/.well-known/openid-configuration from here; check the URL, the network, --ca and --egress-proxy.";
    IssuerClient = 5023, None, "an issuer of tokens refuses the client",
        "The client-id is not known there, or the secret in client-secret-file is another.",
        "Compare both with what the issuer shows for this client; the file has the secret and nothing else.";
    IssuerScope = 5024, None, "an issuer of tokens does not know a scope",
        "No token will ever have it, so every token would be refused.",
        "Define the scope at the issuer, or correct scopes in [auth.oidc].";
    IssuerAudience = 5025, None, "an issuer of tokens makes them for another audience",
        "Tokens are for whoever aud names, and that is not the audience that is set here.",
        "Let the issuer put the audience of [auth.oidc] into aud, or write the one that it puts there.";
    IssuerClock = 5026, None, "the clock here and that of an issuer are apart",
        "More than 60 s: new tokens look as if they were not valid yet, or old ones as if they still were.",
        "Set both clocks by NTP.";
    CiMappingOpen = 5027, None, "a mapping of CI tokens would fit strangers",
        "It has no audience, no claims, or only names that others can register later.",
        "Give it an audience of its own and numbers: claims = { repository_id = \"123\" }; see docs/auth.md.";
    NoLogin = 5028, None, "there is no token to show the server",
        "Nothing that was given has one, nobody has logged in, or the issuer refused.",
        "Look at the line above; on a terminal `modkeep auth login` with the same options, in CI see docs/auth.md.";

    BadCredentials = 5008, None, "the file of credentials cannot be used",
        "It cannot be read, or it is not written as netrc files are.",
        "Write `machine HOST login USER password WORD`, or without login for a bearer token; see docs/private.md.";
    BadCertificate = 5009, None, "the TLS certificate cannot be served with",
        "A file is missing or no PEM, or the key is not that of the certificate.",
        "Name the certificate with its chain and its key: --tls-cert, --tls-key.";
    NoSuchToken = 5010, None, "there is no such token",
        "No token has this name or id, or several have the name.",
        "modkeep token list shows all of them.";
    CommandFailed = 5006, None, "the command could not be started",
        "The program after -- was not found or may not be executed.",
        "Check the spelling and the PATH.";

    BadInputFile = 6001, None, "the input file is wrong",
        "The file cannot be read or does not follow the rules it must follow.",
        "Each problem is printed on its own line; mend them and run again.";
    BadBundle = 6002, None, "the bundle is not what it says it is",
        "It was damaged or cut short on the way, or somebody changed it; nothing of it was kept.",
        "Copy it again and compare both copies; if they agree, export it again.";
    BundleUnproven = 6003, None, "nothing in the bundle proves this artifact",
        "It was captured without proof, or its database's key is not known here.",
        "Name the key with --key, private modules with --private, or admit it with --allow-unproven.";
    BundleApart = 6004, None, "the bundle's tree head and the one kept here cannot be compared",
        "Neither the store nor the bundle has the tiles that connect the two heads.",
        "Export again with --since and the size that is named, from a store whose head is as new.";
    BackupIncomplete = 6005, None, "this is no complete backup",
        "A backup is complete once its manifest is written; this one was interrupted, or is something else.",
        "Run `modkeep store backup` to the same directory again, or restore another one.";
    BaseUnknown = 6010, None, "what the change is compared with cannot be told",
        "git knows no such revision here, or its history was cut off, or a name means two things.",
        "Fetch the branch that the change is for with its whole history, as docs/ci.md does, and run again.";

    NoVulnerabilityData = 7001, Some(404), "no vulnerability data is kept here",
        "Nobody has imported a vulnerability database into this data directory.",
        "Run `modkeep vuln update`, or import a file: `modkeep vuln update vulndb.zip`.";
    VulnerabilityDataDamaged = 7002, Some(503), "the kept vulnerability data cannot be used",
        "The file is damaged, or another release of modkeep wrote it.",
        "Import it again with `modkeep vuln update`.";
    BadVulnerabilityData = 7003, None, "the vulnerability data is not usable",
        "It cannot be read, or an entry in it is not what the format says; nothing of it was taken.",
        "Each problem names the file and the place; import a sound copy.";
    OlderVulnerabilityData = 7004, None, "the vulnerability data is older than what is kept",
        "Its source fell behind, or what is kept cannot be read and compared; what is kept stays.",
        "Find out why. `modkeep vuln update --force REASON` takes it all the same, and says so.";
}

impl Code {
    /// Finds a code by how users write it: `MK2003`, `mk2003` or `2003`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text
            .strip_prefix("MK")
            .or_else(|| text.strip_prefix("mk"))
            .unwrap_or(text);
        let number: u16 = digits.parse().ok()?;
        Self::ALL
            .iter()
            .copied()
            .find(|code| code.entry().number == number)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MK{:04}", self.entry().number)
    }
}

#[cfg(test)]
mod tests {
    use super::Code;
    use std::collections::HashSet;

    #[test]
    fn numbers_are_unique_and_four_digits() {
        let numbers: HashSet<u16> = Code::ALL.iter().map(|code| code.entry().number).collect();
        assert_eq!(numbers.len(), Code::ALL.len());
        assert!(numbers.iter().all(|number| (1000..10_000).contains(number)));
    }

    #[test]
    fn texts_fit_the_go_command() {
        // Go prints at most 8 lines and 648 bytes, and drops a body with any non-graphic character.
        for code in Code::ALL {
            let Entry3(title, cause, remedy) = Entry3::of(*code);
            assert!(
                [title, cause, remedy]
                    .iter()
                    .all(|text| text.is_ascii() && text.len() <= 120),
                "{code}"
            );
        }
    }

    #[test]
    fn outages_are_never_absence() {
        for code in [
            Code::UpstreamUnreachable,
            Code::UpstreamTimeout,
            Code::UpstreamError,
            Code::UpstreamUnwell,
            Code::UpstreamLeftAlone,
            Code::TooBusy,
            Code::StoreUnavailable,
            Code::SumdbUnreachable,
            Code::SumdbForked,
        ] {
            assert!(
                code.entry().status.is_some_and(|status| status >= 500),
                "{code}"
            );
        }
    }

    #[test]
    fn parse_reads_what_display_writes() {
        for code in Code::ALL {
            assert_eq!(Code::parse(&code.to_string()), Some(*code));
        }
        assert_eq!(Code::parse("MK9999"), None);
    }

    struct Entry3(&'static str, &'static str, &'static str);

    impl Entry3 {
        fn of(code: Code) -> Self {
            let entry = code.entry();
            Self(entry.title, entry.cause, entry.remedy)
        }
    }
}
