//! What the store's library does where a disk fails: it panics, also while it closes. A panic is
//! caught here and becomes an error that names the store; the person sees that error and no backtrace.
use std::any::Any;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::Once;

/// How paths of that library begin after those of the registry.
const LIBRARY: &str = "/sled-";

/// Runs what may panic in the store's library; the error is what it panicked with.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    quieten();
    // Whoever gets an error drops the store: nothing half done is looked at again.
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| text(&*panic))
}

/// Has panics of that library, also those of its own threads, logged and not shown.
fn quieten() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if is_of_the_library(info) {
                tracing::debug!("the store's library gave up: {}", text(info.payload()));
            } else {
                usual(info);
            }
        }));
    });
}

fn is_of_the_library(info: &PanicHookInfo<'_>) -> bool {
    let place = info.location();
    place.is_some_and(|place| place.file().contains(LIBRARY))
}

fn text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("it panicked")
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_what_it_said() {
        assert_eq!(caught(|| 7), Ok(7));
        let fell: Result<(), _> = caught(|| panic!("the disk is gone"));
        assert_eq!(fell, Err("the disk is gone".to_owned()));
    }
}
