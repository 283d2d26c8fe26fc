//! Scenarios by name, or from a file.
use anyhow::{Context as _, bail};
use kith_simulations::Scenario;
use std::fs;
use std::path::Path;

/// The scenario of this name or file.
pub(crate) fn scenario(name: &str) -> anyhow::Result<Scenario> {
    if let Some(known) = Scenario::named(name) {
        return Ok(known);
    }
    let path = Path::new(name);
    if path.extension().is_none_or(|extension| extension != "toml") {
        let names: Vec<String> = Scenario::all()
            .into_iter()
            .map(|known| known.name)
            .collect();
        bail!(
            "there is no scenario `{name}`; there are {}, and any file that ends in .toml",
            names.join(", ")
        );
    }
    let text = fs::read_to_string(path).with_context(|| format!("reading {name}"))?;
    Scenario::read(name, &text).map_err(|problems| {
        let lines: Vec<String> = problems
            .iter()
            .map(|problem| format!("\n  {problem}"))
            .collect();
        anyhow::anyhow!("{name} is no scenario:{}", lines.concat())
    })
}

/// The same, or `all` that come with the program.
pub(crate) fn scenarios(name: &str) -> anyhow::Result<Vec<Scenario>> {
    match name {
        "all" => Ok(Scenario::all()),
        name => scenario(name).map(|scenario| vec![scenario]),
    }
}
