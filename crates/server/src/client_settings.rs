//! `/-/client`: what a client of this server has to set, as JSON.
//!
//! Which modules no public database may be asked about, and whether a client goes past this server
//! for any, is configured here and decides what happens there. A client that guesses asks the public
//! database about a private name, or goes to version control past the proxy. So the server says it:
//! only what it knows, for an empty value would take away what the client has set for itself.

use serde::{Deserialize, Serialize};

/// The pattern that no module matches, as people write it.
const NO_MODULE: &str = "none";

/// Variables of the go command and their values (`go help environment`). What is not here is not
/// known, and stays as the client has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub struct ClientSettings {
    /// Where clients reach this server, if the operator says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub goproxy: Option<String>,
    /// The checksum database that has everything this server has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gosumdb: Option<String>,
    /// What is fetched past every proxy; `none` where this server has it all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gonoproxy: Option<String>,
    /// What no checksum database is asked about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gonosumdb: Option<String>,
}

// === impl ClientSettings ===

impl ClientSettings {
    /// Names and values of all that is known, in the order in which people write them.
    pub fn lines(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let all = [
            ("GOPROXY", &self.goproxy),
            ("GOSUMDB", &self.gosumdb),
            ("GONOPROXY", &self.gonoproxy),
            ("GONOSUMDB", &self.gonosumdb),
        ];
        all.into_iter()
            .filter_map(|(name, value)| Some((name, value.as_deref()?)))
    }

    /// Without the patterns of private modules.
    pub(crate) fn for_strangers(&self) -> Self {
        Self {
            gonoproxy: self.gonoproxy.clone().filter(|value| value == NO_MODULE),
            gonosumdb: None,
            ..self.clone()
        }
    }

    /// The page.
    pub(crate) fn page(&self) -> String {
        // Strings under fixed names: nothing in it can fail to be written.
        let mut page = serde_json::to_string_pretty(self).unwrap_or_default();
        page.push('\n');
        page
    }
}

/// A value quoted for a POSIX shell, where it needs to be.
pub fn shell_quoted(value: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/,@%+=".contains(&byte);
    if !value.is_empty() && value.bytes().all(is_plain) {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::{ClientSettings, shell_quoted};

    #[test]
    fn only_what_is_known_is_said() {
        let settings = ClientSettings {
            gonoproxy: Some("none".to_owned()),
            gonosumdb: Some("*.corp.example.com".to_owned()),
            ..ClientSettings::default()
        };
        assert_eq!(
            settings.page(),
            "{\n  \"GONOPROXY\": \"none\",\n  \"GONOSUMDB\": \"*.corp.example.com\"\n}\n"
        );
        let read: ClientSettings = serde_json::from_str(&settings.page()).unwrap();
        assert_eq!(read, settings);
        assert_eq!(ClientSettings::default().lines().count(), 0);
    }

    #[test]
    fn values_survive_a_shell() {
        assert_eq!(
            shell_quoted("https://a.example.com/x"),
            "https://a.example.com/x"
        );
        assert_eq!(
            shell_quoted("*.a.example.com,it's"),
            "'*.a.example.com,it'\\''s'"
        );
        assert_eq!(shell_quoted(""), "''");
    }
}
