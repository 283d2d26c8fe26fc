//! Futures that are ready at once.

use futures::FutureExt as _;

/// Polls once. `None` when the future wants to wait, which none of ours does: both resolvers
/// answer from memory. Waiting here would block a driver loop that serves everybody.
pub(crate) fn ready<T>(future: impl Future<Output = T>) -> Option<T> {
    future.now_or_never()
}

#[cfg(test)]
mod tests {
    use super::ready;

    #[test]
    fn a_future_that_waits_is_an_error_and_does_not_block() {
        assert_eq!(ready(std::future::ready(7)), Some(7));
        assert_eq!(ready(std::future::pending::<u8>()), None);
    }
}
