//! `apportion import`: files, their types, progress on a terminal, and every bad line.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, anyhow};
use apportion_server::import::{ImportError, Importer, TYPES, type_of};
use apportion_server::store::Address;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

#[derive(Args)]
pub(crate) struct Import {
    /// The organization that the rows belong to
    #[arg(long)]
    organization: i64,
    /// What the files hold; else their names tell, by how they begin
    #[arg(long = "type", value_parser = TYPES.to_vec())]
    kind: Option<String>,
    /// CSV files, imported in this order
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// Imports file after file; the first bad one ends it.
pub(crate) fn run(options: &Import, database: &Address) -> anyhow::Result<ExitCode> {
    let mut importer = Importer::open(database, options.organization)?;
    for path in &options.files {
        let name = path.display();
        let kind = options.kind.as_deref().or_else(|| kind_of(path)).ok_or_else(|| {
            anyhow!(
                "{name}: the name tells no type: call it {}… or say --type",
                TYPES.join("… or ")
            )
        })?;
        let file = File::open(path).with_context(|| format!("{name} cannot be read"))?;
        let bar = bar(file.metadata().map_or(0, |metadata| metadata.len()));
        let imported = importer.import(kind, BufReader::new(file), |bytes| bar.set_position(bytes));
        bar.finish_and_clear();
        match imported {
            Ok(rows) => println!("{name}: {rows} {kind}"),
            Err(ImportError::Lines(lines)) => {
                for bad in &lines {
                    let column = bad.column.as_deref().unwrap_or("-");
                    eprintln!("{name}:{}: {column}: {}", bad.line, bad.reason);
                }
                let faults = if lines.len() == 1 { "fault" } else { "faults" };
                eprintln!("apportion: {name}: nothing was imported: {} {faults}", lines.len());
                return Ok(ExitCode::FAILURE);
            }
            Err(error) => return Err(error).with_context(|| format!("{name} was not imported")),
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn kind_of(path: &Path) -> Option<&'static str> {
    path.file_name()?.to_str().and_then(type_of)
}

/// Shown on a terminal only.
fn bar(bytes: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{wide_bar} {bytes}/{total_bytes} {eta}");
    ProgressBar::new(bytes).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
