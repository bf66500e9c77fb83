//! Which cases are run.
//!
//! A case is a behaviour, a command and a mode. Cases that share behaviour, command and setting
//! share a server: the first run meets it cold, the second warm.

use std::fmt;

use super::behaviours::{self, Behaviour};
use super::commands::{self, Command};
use super::exceptions::{Entry, every_entry};

/// The variable that asks for more than the slice.
const VARIABLE: &str = "MODKEEP_STRAIGHT";

/// How a server and the client behind it are set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Setting {
    /// Whether modkeep fetches ahead.
    pub(super) prefetch: bool,
    /// Whether both prove what they get with a checksum database of the source's own.
    pub(super) database: bool,
}

/// All settings.
pub(super) const SETTINGS: [Setting; 4] = [
    Setting {
        prefetch: true,
        database: false,
    },
    Setting {
        prefetch: false,
        database: true,
    },
    Setting {
        prefetch: true,
        database: true,
    },
    Setting {
        prefetch: false,
        database: false,
    },
];

/// A setting, and whether modkeep has seen the command before.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mode {
    pub(super) setting: Setting,
    pub(super) warm: bool,
}

/// What one worker does at a time: one source, one command, some settings.
#[derive(Clone)]
pub(super) struct Job {
    pub(super) behaviour: Behaviour,
    pub(super) command: Command,
    pub(super) settings: Vec<Setting>,
}

/// Everything to do, and whether it is all there is.
pub(super) struct Plan {
    pub(super) jobs: Vec<Job>,
    /// Whether every entry must be needed by this plan.
    pub(super) judges_entries: bool,
}

// === impl Plan ===

impl Plan {
    /// What the environment asks for.
    pub(super) fn wanted() -> Self {
        match std::env::var(VARIABLE).unwrap_or_default().as_str() {
            "" => Self::slice(),
            "all" => Self::matching("*", "*", true),
            "round" => Self::round(),
            pattern => {
                let (behaviours, commands) = pattern.split_once('/').unwrap_or((pattern, "*"));
                Self::matching(behaviours, commands, false)
            }
        }
    }

    fn matching(behaviours: &str, commands: &str, judges_entries: bool) -> Self {
        let mut jobs = Vec::new();
        for behaviour in behaviours::all() {
            for command in commands::ALL {
                if fits(behaviours, behaviour.name) && fits(commands, command.name) {
                    jobs.push(Job {
                        behaviour,
                        command: *command,
                        settings: SETTINGS.to_vec(),
                    });
                }
            }
        }
        Self {
            jobs,
            judges_entries,
        }
    }

    /// Each behaviour with every command that tells it well, in one setting, in rotation.
    fn round() -> Self {
        let mut plan = Self::matching("*", "*", true);
        plan.jobs
            .retain(|job| job.behaviour.telling.contains(&job.command.name));
        for (index, job) in plan.jobs.iter_mut().enumerate() {
            job.settings = vec![SETTINGS[index % SETTINGS.len()]];
        }
        plan.want_witnesses();
        plan
    }

    /// Each behaviour with one of the commands that tell it best and one setting, in rotation.
    fn slice() -> Self {
        let mut plan = Self {
            jobs: Vec::new(),
            judges_entries: true,
        };
        for (index, behaviour) in behaviours::all().into_iter().enumerate() {
            let telling = behaviour.telling;
            let name = telling[index % telling.len()];
            let setting = SETTINGS[index / telling.len() % SETTINGS.len()];
            plan.want(behaviour, commands::named(name).unwrap(), setting);
        }
        plan.want_witnesses();
        plan
    }

    /// The cases that show that the entries are needed.
    fn want_witnesses(&mut self) {
        for entry in every_entry() {
            let (behaviour, command, mode) = entry.witness();
            self.want(behaviour, command, mode.setting);
        }
    }

    fn want(&mut self, behaviour: Behaviour, command: Command, setting: Setting) {
        let same = |job: &&mut Job| {
            job.behaviour.name == behaviour.name && job.command.name == command.name
        };
        let Some(job) = self.jobs.iter_mut().find(same) else {
            let settings = vec![setting];
            self.jobs.push(Job {
                behaviour,
                command,
                settings,
            });
            return;
        };
        if !job.settings.contains(&setting) {
            job.settings.push(setting);
        }
    }
}

// === impl Entry ===

impl Entry {
    /// The case that shows that it is needed, looked up by its names.
    fn witness(&self) -> (Behaviour, Command, Mode) {
        let (behaviour, command, mode) = self.witness;
        let behaviours = behaviours::all();
        let behaviour = behaviours.iter().find(|known| known.name == behaviour);
        let mode = Mode::all().find(|known| known.to_string() == mode);
        let found = behaviour.copied().zip(commands::named(command)).zip(mode);
        let ((behaviour, command), mode) = found.unwrap();
        (behaviour, command, mode)
    }
}

// === impl Mode ===

impl Mode {
    fn all() -> impl Iterator<Item = Self> {
        let both = [false, true].into_iter();
        both.flat_map(|warm| SETTINGS.map(|setting| Self { setting, warm }))
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let age = if self.warm { "warm" } else { "cold" };
        let ahead = if self.setting.prefetch {
            "ahead"
        } else {
            "asked"
        };
        let proof = if self.setting.database {
            "database"
        } else {
            "off"
        };
        write!(formatter, "{age} {ahead} {proof}")
    }
}

/// Whether a name fits a pattern, in which `*` stands for anything.
pub(super) fn fits(pattern: &str, name: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let Some(name) = name.strip_prefix(head) else {
        return false;
    };
    (0..=name.len())
        .filter_map(|at| name.get(at..))
        .any(|tail| fits(rest, tail))
}

#[test]
fn a_star_stands_for_anything() {
    for (pattern, name, expected) in [
        ("*", "x", true),
        ("list-*", "list-404", true),
        ("list-*", "latest-404", false),
        ("*-once*", "zip-503-once", true),
        ("cold * off", "cold ahead off", true),
        ("cold * off", "warm ahead off", false),
    ] {
        assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
    }
}
