//! `store withdraw` and `store resolve`: what an operator decides.

use super::options;
use clap::{Arg, ArgAction, Command, builder::PossibleValuesParser};

const WITHDRAWING: &str = "Examples:
  modkeep store withdraw example.com/m@v1.0.0 --reason 'it steals credentials, INC-17'
  modkeep store withdraw example.com/m@v1.0.0 --undo --reason 'INC-17 was a false alarm'
  modkeep store withdraw example.com/m@v1.0.0 --kind info --reason 'its time is wrong'

The version is refused from then on (403, with the reason), and neither listed nor the latest; its bytes
stay where they are. With --kind or --anew it is not the version that is wrong but what was captured: the
bytes are put into quarantine, and the next request captures them anew. A running server obeys at once.
The order that takes it back is printed. What nobody has asked for yet is refused by a [[deny]] entry of
the configuration file.";

const RETIRING: &str = "Examples:
  modkeep store retire example.com/m@v1.0.0 --reason 'v1.0.1 mends the wrong default'
  modkeep store retire example.com/m@v1.0.0 --undo --reason 'it is needed until spring'

The version is neither listed nor the latest from then on; whoever names it gets it as before, so no build
breaks. The reason stands in the journal. With --list-retired on the server lists it all the same. A running
server obeys at once. The order that takes it back is printed. To stop serving a version: store withdraw.";

const RESOLVING: &str = "Examples:
  modkeep store resolve
  modkeep store resolve example.com/m@v1.0.0 --kind info --keep --reason 'the mirror was wrong'
  modkeep store resolve example.com/m@v1.0.0 --kind zip --use SHA256 --reason 'withdrawn by mistake'
  modkeep store resolve --database sum.example.com --reason 'its operator explained the fork'
  modkeep store resolve --database sum.example.com --undo --reason 'he was mistaken'

Without arguments it lists what waits: other bytes that were offered, quarantined or taken back, and
databases that are not believed. --use serves bytes from quarantine; what was kept takes their place
there. A go.mod or zip that a checksum database covers still has to be proven before it is served.";

fn what() -> Arg {
    Arg::new("what")
        .value_name("MODULE@VERSION")
        .help("The version")
}

fn kind(help: &'static str) -> Arg {
    Arg::new("kind")
        .long("kind")
        .value_name("KIND")
        .value_parser(PossibleValuesParser::new(["info", "mod", "zip"]))
        .help(help)
}

fn reason() -> Arg {
    Arg::new("reason")
        .long("reason")
        .value_name("TEXT")
        .help("Why; it stands in the journal")
}

pub(super) fn withdraw() -> Command {
    let anew = Arg::new("anew")
        .long("anew")
        .action(ArgAction::SetTrue)
        .help("Capture all files of the version anew that are kept");
    let undo = Arg::new("undo")
        .long("undo")
        .action(ArgAction::SetTrue)
        .conflicts_with_all(["kind", "anew"])
        .help("Serve the version again that was withdrawn");
    let command = Command::new("withdraw")
        .about("Stop serving a version, or a capture of it that is wrong; no byte is deleted")
        .arg(what().required(true))
        .arg(kind("Capture this file of the version anew"))
        .arg(anew)
        .arg(undo)
        .arg(reason().required(true));
    options::add_some(command, &["data"]).after_help(WITHDRAWING)
}

pub(super) fn retire() -> Command {
    let undo = Arg::new("undo")
        .long("undo")
        .action(ArgAction::SetTrue)
        .help("List the version again that was retired");
    let command = Command::new("retire")
        .about("Stop listing a version; it is served as before, and no byte is deleted")
        .arg(what().required(true))
        .arg(undo)
        .arg(reason().required(true));
    options::add_some(command, &["data"]).after_help(RETIRING)
}

pub(super) fn resolve() -> Command {
    let keep = Arg::new("keep")
        .long("keep")
        .action(ArgAction::SetTrue)
        .requires("what")
        .requires("reason")
        .conflicts_with("use")
        .help("Note that what is kept is right");
    let accept = Arg::new("use")
        .long("use")
        .value_name("SHA256")
        .requires("what")
        .requires("reason")
        .help("Serve these bytes from quarantine");
    let database = Arg::new("database")
        .long("database")
        .value_name("NAME")
        .requires("reason")
        .conflicts_with("what")
        .help("Believe a checksum database again that was stopped, and print the evidence");
    let undo = Arg::new("undo")
        .long("undo")
        .action(ArgAction::SetTrue)
        .requires("database")
        .help("Let the evidence against the database count again");
    let command = Command::new("resolve")
        .about("Decide about bytes in quarantine and stopped databases, or list what waits")
        .arg(what())
        .arg(kind("Which file of the version"))
        .args([accept, keep, database, undo])
        .arg(reason());
    options::add_some(command, &["data", "private", "no-sumdb", "sumdb"]).after_help(RESOLVING)
}
