//! `init`: a home with a keystore and a name.
use crate::profile::Profile;
use kith_runtime::console::{Console, Failure};

pub(super) fn initialise(console: &Console, name: &str) -> Result<(), Failure> {
    let profile = Profile::new(name)?;
    console.create_home(|home| profile.save(home))?;
    let text = format!(
        "{} is set up in {}.\nNext:  trustee-agent run",
        profile.name,
        console.home.dir().display()
    );
    console.data(&text, &console.home_answer());
    Ok(())
}
