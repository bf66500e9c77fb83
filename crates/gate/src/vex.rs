//! Account of vulnerabilities for whoever uses the product, as `OpenVEX` 0.2.0.
//!
//! A statement a vulnerability and module: what is known of it (`not_affected`, with the reason in one of
//! the words of the format), what somebody answers for (as the waiver claims), and what is open
//! (`affected`, with what to do). Nothing is claimed that nobody found out: what only tests, tools or
//! build tags reach is `under_investigation`, because a product may be built with tags. A statement of
//! `not_affected` has a justification or an impact statement, never both: that is what the format's
//! schema demands.

use crate::{
    sbom,
    verdict::{GateVerdict, WaivedFinding},
    waiver::{WaiverClaim, has_word},
};
use finding::{Finding, FindingRule, GateStep, printable_json};
use gomod::modfile::ModuleVersion;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use vulndb::{
    VulnerabilityHit,
    rules::{NOT_BUILT, NOT_CALLED, NOT_IMPORTED},
};

/// The context of the format, and the space of names that its documents are named in.
const CONTEXT: &str = "https://openvex.dev/ns/v0.2.0";
const NAMES: &str = "https://openvex.dev/docs/public/vex-";

/// A vulnerability of something that a module of the checkout is built with.
#[derive(Debug, Clone)]
pub struct VexAdvisory {
    /// The go.mod of the module of the checkout.
    pub file: String,
    /// The module of the checkout: the product.
    pub product: String,
    /// What is known.
    pub hit: VulnerabilityHit,
}

/// What there is to say of a vulnerability.
struct VexStatus {
    status: &'static str,
    /// A field and its text.
    reason: (&'static str, String),
    notes: String,
}

/// The document; none if there is nothing to say, because one without statements is none. `author` is
/// who says it.
pub fn openvex(
    verdict: &GateVerdict,
    advisories: &[VexAdvisory],
    author: &str,
    version: &str,
    now: Timestamp,
) -> Option<String> {
    let judged = verdict.findings.iter().map(|judged| {
        let finding = &judged.finding;
        (finding, standing(finding))
    });
    let waived = verdict
        .waived
        .iter()
        .map(|waived| (&waived.finding, answered_for(waived)));
    let mut statements: Vec<Value> = Vec::new();
    for (finding, standing) in judged.chain(waived) {
        let about = advisories
            .iter()
            .find(|advisory| is_about(advisory, finding));
        let statement = about.map(|advisory| statement(advisory, standing));
        statements.extend(statement.filter(|it| !statements.contains(it)));
    }
    if statements.is_empty() {
        return None;
    }
    let id = name(&statements, author);
    let document = json!({
        "@context": CONTEXT,
        "@id": id,
        "author": author,
        "timestamp": now.to_string(),
        "version": 1,
        "tooling": format!("modkeep {version}"),
        "statements": statements,
    });
    Some(format!("{}\n", printable_json(&format!("{document:#}"))))
}

/// Whether a finding is about this vulnerability.
fn is_about(advisory: &VexAdvisory, finding: &Finding) -> bool {
    let VulnerabilityHit {
        module,
        version,
        id,
        ..
    } = &advisory.hit;
    finding.rule.step == GateStep::Vulnerable
        && finding.place.file == advisory.file
        && finding.subject == format!("{module}@{version}")
        && has_word(&finding.message, id.as_str())
}

/// Where a vulnerability stands that nobody answers for.
fn standing(finding: &Finding) -> VexStatus {
    let notes = finding.message.clone();
    if let Some(standing) = found_out(finding.rule, &notes) {
        return standing;
    }
    let next = finding.next().to_owned();
    if *finding.rule == NOT_BUILT {
        return VexStatus {
            status: "under_investigation",
            reason: ("status_notes", notes.clone()),
            notes,
        };
    }
    VexStatus {
        status: "affected",
        reason: ("action_statement", next),
        notes,
    }
}

/// Where it stands by what was found out about the code.
fn found_out(rule: &FindingRule, notes: &str) -> Option<VexStatus> {
    let justification = if *rule == NOT_IMPORTED {
        "vulnerable_code_not_present"
    } else if *rule == NOT_CALLED {
        "vulnerable_code_not_in_execute_path"
    } else {
        return None;
    };
    Some(VexStatus {
        status: "not_affected",
        reason: ("justification", justification.to_owned()),
        notes: notes.to_owned(),
    })
}

/// Where it stands by the word of who answers for it.
fn answered_for(waived: &WaivedFinding) -> VexStatus {
    let WaivedFinding {
        finding,
        owner,
        reason,
        until,
        status,
    } = waived;
    let notes = format!("{owner} answers for it until {until}; {}", finding.message);
    match status {
        WaiverClaim::NotAffected => VexStatus {
            status: "not_affected",
            reason: ("impact_statement", reason.clone()),
            notes,
        },
        WaiverClaim::UnderInvestigation => VexStatus {
            status: "under_investigation",
            reason: ("status_notes", format!("{reason}; {notes}")),
            notes,
        },
        WaiverClaim::Affected => found_out(finding.rule, &notes).unwrap_or_else(|| VexStatus {
            status: "affected",
            reason: (
                "action_statement",
                format!("Borne until {until} by {owner}: {reason}"),
            ),
            notes,
        }),
    }
}

fn statement(advisory: &VexAdvisory, standing: VexStatus) -> Value {
    let VexAdvisory { product, hit, .. } = advisory;
    let mut vulnerability = json!({ "name": hit.id.as_str() });
    let mut fields = Map::new();
    if let Some(url) = hit.url.as_ref().filter(|url| is_address(url)) {
        fields.insert("@id".to_owned(), json!(url));
    }
    if !hit.summary.is_empty() {
        fields.insert("description".to_owned(), json!(hit.summary));
    }
    let mut aliases: Vec<&String> = hit.aliases.iter().collect();
    aliases.sort();
    aliases.dedup();
    if !aliases.is_empty() {
        fields.insert("aliases".to_owned(), json!(aliases));
    }
    if let Some(vulnerability) = vulnerability.as_object_mut() {
        vulnerability.append(&mut fields);
    }
    let product = sbom::reference(&ModuleVersion::new(product, ""));
    let mut statement = json!({
        "vulnerability": vulnerability,
        "products": [{
            "@id": product,
            "subcomponents": [{ "@id": sbom::reference(&component(hit)) }],
        }],
        "status": standing.status,
    });
    if let Some(statement) = statement.as_object_mut() {
        statement.insert("status_notes".to_owned(), json!(standing.notes));
        let (field, text) = standing.reason;
        statement.insert(field.to_owned(), json!(text));
    }
    statement
}

/// What has it. Releases of Go have the versions that scanners know them by.
fn component(hit: &VulnerabilityHit) -> ModuleVersion {
    let version = match hit.version.strip_prefix("go") {
        Some(release) => format!("v{release}"),
        None => hit.version.clone(),
    };
    ModuleVersion::new(&hit.module, &version)
}

fn is_address(url: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte);
    url.starts_with("https://") && url.bytes().all(plain)
}

/// The document's name: the same words by the same author have the same.
fn name(statements: &[Value], author: &str) -> String {
    let digest = Sha256::digest(format!("{author}\n{}", json!(statements)));
    let mut name = NAMES.to_owned();
    for byte in digest {
        // Writing to a string cannot fail.
        let _ = write!(name, "{byte:02x}");
    }
    name
}

#[cfg(test)]
mod tests {
    use super::{VexAdvisory, openvex};
    use crate::{policy::GatePolicy, rules, verdict::GateVerdict};
    use finding::{Finding, FindingPlace, FindingRule};
    use jiff::civil::date;
    use serde_json::{Value, json};
    use vulndb::rules::{DATA_OLD, FIXED, NOT_BUILT, NOT_CALLED, NOT_IMPORTED, UNFIXED};

    fn advisory(id: &str) -> VexAdvisory {
        let hit = json!({
            "module": "example.com/a", "version": "v1.0.0", "id": id, "aliases": ["CVE-2026-1"],
            "summary": "it leaks", "review": "REVIEWED", "severity": [], "rating": null,
            "url": "https://vuln.example.com/1", "published": null,
            "modified": "2026-05-20T16:03:47Z", "lowest_fix": "v1.2.0", "newest_fix": "v1.2.0",
            "imports": [], "sources": []
        });
        VexAdvisory {
            file: "go.mod".to_owned(),
            product: "example.com/app".to_owned(),
            hit: serde_json::from_value(hit).unwrap(),
        }
    }

    fn found(rule: &'static FindingRule, id: &str) -> Finding {
        let message = format!("example.com/a@v1.0.0 has {id} (CVE-2026-1): it leaks");
        Finding::new(
            rule,
            FindingPlace::file("go.mod"),
            "example.com/a@v1.0.0",
            message,
        )
        .advise("Raise it.")
    }

    fn document(policy: &str, findings: &[Finding]) -> Option<Value> {
        let policy = GatePolicy::parse("gate.toml", policy.as_bytes(), &rules::all()).unwrap();
        let today = date(2026, 11, 26);
        let verdict = GateVerdict::of(&policy, "gate.toml", findings.to_vec(), Vec::new(), today);
        let now = "2026-11-26T10:00:00Z".parse().unwrap();
        let advisories = ["GO-1", "GO-2", "GO-3", "GO-4", "GO-5"].map(advisory);
        let text = openvex(&verdict, &advisories, "team", "1.0.0", now)?;
        Some(serde_json::from_str(&text).unwrap())
    }

    #[test]
    fn a_statement_says_no_more_than_was_found_out() {
        let findings = [
            found(&FIXED, "GO-1"),
            found(&UNFIXED, "GO-2"),
            found(&NOT_IMPORTED, "GO-3"),
            found(&NOT_CALLED, "GO-4"),
            found(&NOT_BUILT, "GO-5"),
            Finding::new(&DATA_OLD, FindingPlace::file("go.mod"), "", "old"),
        ];
        let document = document("", &findings).unwrap();
        let statements = document["statements"].as_array().unwrap();
        let told: Vec<_> = statements
            .iter()
            .map(|it| {
                let text = |key: &str| it[key].as_str().unwrap_or("-");
                let name = it["vulnerability"]["name"].as_str().unwrap();
                (
                    name,
                    text("status"),
                    text("justification"),
                    text("action_statement"),
                )
            })
            .collect();
        let expected = [
            ("GO-1", "affected", "-", "Raise it."),
            ("GO-2", "affected", "-", "Raise it."),
            ("GO-3", "not_affected", "vulnerable_code_not_present", "-"),
            (
                "GO-4",
                "not_affected",
                "vulnerable_code_not_in_execute_path",
                "-",
            ),
            ("GO-5", "under_investigation", "-", "-"),
        ];
        assert_eq!(told, expected);
        let products = json!([{ "@id": "pkg:golang/example.com/app",
            "subcomponents": [{ "@id": "pkg:golang/example.com/a@v1.0.0" }] }]);
        assert_eq!(statements[0]["products"], products);
        assert_eq!(
            statements[0]["vulnerability"]["aliases"],
            json!(["CVE-2026-1"])
        );
    }

    #[test]
    fn a_waiver_says_what_is_claimed() {
        let waiver = |status: &str| {
            format!(
                "[[waiver]]\nvulnerability = \"GO-1\"\nowner = \"us\"\nreason = \"no input from strangers\"\nuntil = 2026-12-31\n{status}"
            )
        };
        let stated = |status: &str| {
            let document = document(&waiver(status), &[found(&FIXED, "GO-1")]).unwrap();
            document["statements"][0].clone()
        };
        let borne = stated("");
        assert_eq!(borne["status"], "affected");
        let words = "Borne until 2026-12-31 by us: no input from strangers";
        assert_eq!(borne["action_statement"], words);
        let denied = stated("status = \"not-affected\"\n");
        assert_eq!(denied["status"], "not_affected");
        assert_eq!(denied["impact_statement"], "no input from strangers");
        assert!(denied.get("justification").is_none(), "{denied}");
        let open = stated("status = \"under-investigation\"\n");
        assert_eq!(open["status"], "under_investigation");
    }

    #[test]
    fn the_same_words_have_the_same_name_and_no_words_are_no_document() {
        let one = document("", &[found(&FIXED, "GO-1")]).unwrap();
        let same = document("", &[found(&FIXED, "GO-1"), found(&FIXED, "GO-1")]).unwrap();
        let other = document("", &[found(&FIXED, "GO-2")]).unwrap();
        assert_eq!(one["@id"], same["@id"]);
        assert_ne!(one["@id"], other["@id"]);
        assert_eq!(document("", &[]), None);
    }
}
