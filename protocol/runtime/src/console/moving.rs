//! `export`, `import`, `take-back`: an agent moves to another machine.
use super::{Console, Exit, Failure};
use crate::export::{self, ExportError, Exported, ImportError, Imported, Packing, Program, Source};
use crate::homes::Home;
use crate::keystore::{Cost, KeystoreError};
use crate::residence::Residence;
use crate::store::StoreError;
use crate::told::chain;
use kith_protocol::error::Damage;
use kith_protocol::health::{Check, SELF};
use kith_protocol::record::Records;
use serde_json::json;
use std::path::Path;

impl Console {
    /// Whether commands are for this home: not where its agent has left, or has not arrived.
    ///
    /// # Errors
    /// [`Exit::Refused`], with what happened and the command that helps.
    pub fn lives_here(&self) -> Result<(), Failure> {
        match Residence::of(&self.home) {
            Residence::Here => Ok(()),
            Residence::Departed(departed) => Err(Failure::new(
                Exit::Refused,
                departed.sentence(&self.home, self.program),
            )),
            Residence::Arriving => Err(Failure::new(
                Exit::Refused,
                arriving(&self.home, self.program),
            )),
        }
    }

    /// Writes the whole agent into a file and shuts this home. `may` looks at the rows first.
    ///
    /// # Errors
    /// When the agent runs, the passphrase is wrong, `may` says no, or the disk refuses; the agent lives
    /// here then.
    pub fn export(
        &self,
        file: &Path,
        files: &'static [&'static str],
        may: impl FnOnce(&dyn Records) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        if !self.home.is_set_up() {
            return Err(self.not_set_up(Exit::Error));
        }
        let passphrase = self.person.passphrase()?;
        let program = self.mover(files);
        let packing =
            Packing::open(&self.home, program, passphrase).map_err(|error| self.kept(&error))?;
        may(packing.records())?;
        let exported = packing.write(file, Cost::default());
        let exported = exported.map_err(|error| self.kept(&error))?;
        self.show_exported(file, exported);
        Ok(())
    }

    /// Sets this home up with the agent in a file. `open` makes the agent of its rows.
    ///
    /// # Errors
    /// When there is an agent already, the passphrase is wrong, the file is not whole, or the disk refuses;
    /// nothing is set up then.
    pub fn import<G>(
        &self,
        file: &Path,
        files: &'static [&'static str],
        open: impl FnOnce(&dyn Records) -> Result<G, Damage>,
    ) -> Result<(), Failure> {
        let passphrase = self.person.passphrase()?;
        let source = Source {
            file,
            passphrase: &passphrase,
            cost: Cost::default(),
        };
        let imported = export::import(&self.home, self.mover(files), &source, open)?;
        self.show_imported(file, &imported);
        Ok(())
    }

    /// Opens this home again after an export that came to nothing. `unused`: its person says so.
    ///
    /// # Errors
    /// [`Exit::Usage`] when nobody says so, [`Exit::Locked`] for a wrong passphrase.
    pub fn take_back(&self, unused: bool) -> Result<(), Failure> {
        if !matches!(Residence::of(&self.home), Residence::Departed(_)) {
            let message = "no agent was exported from here: there is nothing to take back";
            return Err(Failure::error(message));
        }
        if !unused {
            let message = "--unused is missing: say by it that the file was imported nowhere and that no \
                           copy of it is left. Two of one agent would contradict each other before everyone";
            return Err(Failure::new(Exit::Usage, message));
        }
        let passphrase = self.person.passphrase()?;
        let removed =
            export::take_back(&self.home, &passphrase).map_err(|error| self.kept(&error))?;
        self.show_taken_back(removed);
        Ok(())
    }

    fn mover(&self, files: &'static [&'static str]) -> Program {
        Program {
            name: self.program,
            files,
        }
    }

    /// Why the agent stays where it is.
    fn kept(&self, error: &ExportError) -> Failure {
        let exit = match error {
            ExportError::Keystore(KeystoreError::WrongPassphrase) => Exit::Locked,
            ExportError::Departed(_) => Exit::Refused,
            ExportError::Store(StoreError::InUse { by, .. }) => {
                let dir = self.home.dir().display();
                return Failure::error(format!(
                    "the agent of {dir} runs ({by}), and one that runs cannot be packed: stop it, then repeat this"
                ));
            }
            _ => Exit::Error,
        };
        Failure::new(exit, chain(error))
    }

    fn show_exported(&self, file: &Path, exported: Exported) {
        let (dir, program) = (self.home.dir().display(), self.program);
        let shown = file.display();
        let here = &self.invocation;
        // The import is for another home: it must not be spelt with this one.
        let text = format!(
            "The agent of {dir} is in {shown}, locked with its passphrase, and runs here no more.\n\
             Next, where it is to live:  {program} import FILE\n\
             When it runs there, this home, which still holds all its secrets:  rm -r {dir}\n\
             If the file is imported nowhere after all:  {here} take-back --unused"
        );
        self.screen.data(
            &text,
            &json!({
                "kind": "exported",
                "home": self.home.dir(),
                "file": file,
                "rows": exported.rows,
                "left": exported.left,
            }),
        );
    }

    fn show_imported(&self, file: &Path, imported: &Imported) {
        let (dir, program) = (self.home.dir().display(), self.program);
        let shown = file.display();
        let address = imported.listened.as_ref().map(|address| {
            format!(
                "\nOthers look for it where it was; it listened at {address}. Give it the same place, with --listen \
                 and --announce; once it runs, whether they find it there:  {program} doctor"
            )
        });
        let file_left = match imported.consumed {
            true => {
                format!("\n{shown} is removed: imported twice, it would make two agents of one.")
            }
            false => {
                format!(
                    "\n{shown} could not be removed. Destroy it, and every copy of it:  rm {shown}"
                )
            }
        };
        let text = format!(
            "The agent lives in {dir} now, with {} rows, under the passphrase of the file.{file_left}{}\n\
             Next:  {program} run",
            imported.rows,
            address.unwrap_or_default(),
        );
        self.data(
            &text,
            &json!({
                "kind": "imported",
                "home": self.home.dir(),
                "rows": imported.rows,
                "listened": imported.listened,
                "file_removed": imported.consumed,
            }),
        );
    }

    fn show_taken_back(&self, removed: bool) {
        let (dir, program) = (self.home.dir().display(), self.program);
        let file = match removed {
            true => "The file is removed.",
            false => {
                "The file was not found where it was written; destroy it, and every copy of it."
            }
        };
        let text = format!("The agent lives in {dir} again. {file}\nNext:  {program} run");
        self.data(
            &text,
            &json!({ "kind": "taken-back", "home": self.home.dir(), "file_removed": removed }),
        );
    }
}

fn arriving(home: &Home, program: &str) -> String {
    let dir = home.dir().display();
    format!(
        "an import into {dir} was not finished, and nothing is set up there: repeat `{program} import FILE`, \
         or begin anew: rm -r {dir}"
    )
}

/// What `doctor` says first where no agent can live.
pub(crate) fn away(home: &Home, program: &str) -> Option<Check> {
    let (finding, command) = match Residence::of(home) {
        Residence::Here => return None,
        Residence::Departed(departed) => {
            let finding = departed.sentence(home, program);
            (finding, format!("{SELF} take-back --unused"))
        }
        Residence::Arriving => (arriving(home, program), format!("{SELF} import FILE")),
    };
    Some(Check::failed("home", finding, command))
}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        let exit = match &error {
            ImportError::Keystore(KeystoreError::WrongPassphrase) => Exit::Locked,
            ImportError::NoExport(_)
            | ImportError::Unfinished(_)
            | ImportError::UnknownFormat { .. }
            | ImportError::Cut(_)
            | ImportError::Damaged(_)
            | ImportError::Unlawful(_)
            | ImportError::OtherProgram { .. }
            | ImportError::Rows { .. } => Exit::Unverified,
            ImportError::Keystore(_)
            | ImportError::Store(_)
            | ImportError::Home(_)
            | ImportError::Occupied(_)
            | ImportError::File { .. } => Exit::Error,
        };
        Self::new(exit, chain(&error))
    }
}
