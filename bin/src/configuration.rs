//! The file `apportion.toml`. Its keys are the names of the options that a variable of the
//! environment can give as well. A value takes the place of the default of its option before the
//! command line is parsed, so that flags and the environment win, and clap judges all values alike.
//! Values are never shown, since one may hold a password. Not here: the options themselves.

use std::error::Error;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::error::ErrorKind as Refused;
use clap::{Arg, ArgAction, ArgMatches, Command, CommandFactory, FromArgMatches};
use toml::de::{DeTable, DeValue};

use crate::command::{CONFIG, Options};
use crate::limits::HEADING;

/// The file that is read if it is there, and none is named.
const USUAL: &str = "apportion.toml";

/// The reason why the options are not known.
pub(crate) enum Misused {
    /// The command line or the environment is at fault, or asks for the help.
    Line(clap::Error),
    /// The file is at fault.
    File(String),
}

impl From<clap::Error> for Misused {
    fn from(error: clap::Error) -> Self {
        Misused::Line(error)
    }
}

/// The options of the program.
pub(crate) struct Settings {
    pub(crate) options: Options,
    /// The limits of a server, and the usual ones of those that differ.
    pub(crate) limits: Vec<String>,
}

/// Reads the options from the command line, the environment and the file.
pub(crate) fn read() -> Result<Settings, Misused> {
    let plain = Options::command();
    // The values of the file are not needed to know whether the command line is in order.
    let matches = plain.clone().try_get_matches()?;
    let named = matches.get_one::<PathBuf>(CONFIG);
    let path = named.map_or_else(|| Path::new(USUAL), PathBuf::as_path);
    let mut matches = match std::fs::read_to_string(path) {
        Ok(text) => {
            let mut options = Vec::new();
            collect(&plain, &mut options);
            let fault = |why| Misused::File(format!("{}: {why}", path.display()));
            let values = values(&text, &options).map_err(fault)?;
            with_defaults(plain.clone(), &values).try_get_matches()?
        }
        Err(error) if named.is_none() && error.kind() == ErrorKind::NotFound => matches,
        Err(error) => {
            let why = format!("{} cannot be read: {error}", path.display());
            return Err(Misused::File(why));
        }
    };
    let limits = limits(&plain, &matches);
    Ok(Settings { options: Options::from_arg_matches_mut(&mut matches)?, limits })
}

/// Collects the options that a file may give, of a command and those below it.
fn collect<'c>(command: &'c Command, options: &mut Vec<&'c Arg>) {
    options.extend(command.get_arguments().filter(|option| key(option).is_some()));
    command.get_subcommands().for_each(|below| collect(below, options));
}

/// Returns the key of an option in a file, if it has one.
fn key(option: &Arg) -> Option<&str> {
    let is_known = option.get_env().is_some() && option.get_id() != CONFIG;
    option.get_long().filter(|_| is_known)
}

/// Makes the values of a file the defaults of their options.
fn with_defaults(command: Command, values: &[(String, Vec<String>)]) -> Command {
    let with_default = |option: Arg| {
        let known = values.iter().find(|(name, _)| key(&option) == Some(name));
        let values = known.map(|(_, values)| values.clone());
        values.map_or(option.clone(), |values| option.default_values(values))
    };
    command.mut_args(with_default).mut_subcommands(|below| with_defaults(below, values))
}

/// Reads the keys of a file and their values, as they would stand on the command line.
fn values(text: &str, options: &[&Arg]) -> Result<Vec<(String, Vec<String>)>, String> {
    let table = DeTable::parse(text).map_err(|error| {
        let before = text.get(..error.span().map_or(0, |span| span.start)).unwrap_or(text);
        let line = before.matches('\n').count().saturating_add(1);
        format!("line {line} is not TOML; write KEY = VALUE, with texts in double quotes")
    })?;
    let mut values = Vec::new();
    for (name, value) in table.get_ref() {
        let name = name.get_ref();
        let Some(option) = options.iter().find(|option| key(option) == Some(name)) else {
            let mut keys: Vec<&str> = options.iter().filter_map(|option| key(option)).collect();
            keys.sort_unstable();
            keys.dedup();
            let keys = keys.join(", ");
            return Err(format!("the key {} means nothing; use one of {keys}", shown(name)));
        };
        let fault = |why| format!("the value of {name} is not accepted: {why}");
        let words = words(option, value.get_ref()).map_err(fault)?;
        judge(option, &words).map_err(fault)?;
        values.push((name.to_string(), words));
    }
    Ok(values)
}

/// Returns a key that is not known, unless it looks like something else that is in a wrong place.
fn shown(key: &str) -> &str {
    let is_name = key.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_".contains(letter));
    if is_name { key } else { "with other characters than letters, digits, - and _" }
}

/// Returns a value of a file as it would stand on the command line, or else its form.
fn words(option: &Arg, value: &DeValue<'_>) -> Result<Vec<String>, String> {
    let is_count = option.get_value_parser().type_id() == std::any::TypeId::of::<usize>();
    let example = option.get_default_values().first();
    let example = example.map(|example| example.to_string_lossy().into_owned());
    match (option.get_action(), value) {
        (ArgAction::SetTrue, DeValue::Boolean(value)) => Ok(vec![value.to_string()]),
        (ArgAction::SetTrue, _) => Err("write true or false".to_owned()),
        (ArgAction::Append, DeValue::Array(list)) => {
            let words = list.iter().map(|word| word.get_ref().as_str().map(str::to_owned));
            words.collect::<Option<_>>().ok_or_else(|| "write a list of texts".to_owned())
        }
        (_, DeValue::Integer(count)) if is_count => Ok(vec![count.as_str().to_owned()]),
        (_, DeValue::String(text)) if !is_count => Ok(vec![text.to_string()]),
        (ArgAction::Append, _) => Err("write a list of texts, as [\"...\", \"...\"]".to_owned()),
        _ if is_count => Err("write a whole number, without quotes".to_owned()),
        _ => Err(match example {
            Some(example) => format!("write a text in double quotes, such as \"{example}\""),
            None => "write a text in double quotes".to_owned(),
        }),
    }
}

/// Judges words as clap would, with a message that does not repeat them.
fn judge(option: &Arg, words: &[String]) -> Result<(), String> {
    if matches!(option.get_action(), ArgAction::SetTrue) {
        return Ok(());
    }
    let name = key(option).unwrap_or_default();
    if let Some(why) = words.iter().find_map(|word| Options::fault_in(name, word)) {
        return Err(why);
    }
    let line = words.iter().map(|word| format!("--{name}={word}"));
    let alone = Command::new("file").no_binary_name(true).arg((*option).clone());
    match alone.try_get_matches_from(line) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == Refused::ValueValidation => {
            Err(error.source().map_or_else(String::new, ToString::to_string))
        }
        Err(_) => Err("it is empty".to_owned()),
    }
}

/// Returns the limits of a server, each with what is usual if it is not as usual.
fn limits(command: &Command, matches: &ArgMatches) -> Vec<String> {
    let Some((name, matches)) = matches.subcommand() else { return Vec::new() };
    let Some(command) = command.find_subcommand(name) else { return Vec::new() };
    let limits = command.get_arguments().filter(|it| it.get_help_heading() == Some(HEADING));
    let limits = limits.filter_map(|option| {
        let words = |words: Vec<&std::ffi::OsStr>| {
            words.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(",")
        };
        let given = matches.get_raw(option.get_id().as_str()).map(Iterator::collect);
        let usual = words(option.get_default_values().iter().map(AsRef::as_ref).collect());
        let usual = if usual.is_empty() { "by the machine" } else { &usual };
        let name = option.get_long()?;
        Some(match given.map(words).filter(|given| given != usual) {
            Some(given) => format!("{name} {given} (usually {usual})"),
            None => format!("{name} {usual}"),
        })
    });
    limits.collect()
}
