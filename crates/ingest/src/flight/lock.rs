//! Lock: the mutex of the board, exchangeable for the concurrency checker's.
//!
//! With the feature `shuttle` every lock operation becomes a point where the checker may switch
//! tasks; without it this is `parking_lot`, which neither poisons nor allocates.

#[cfg(not(feature = "shuttle"))]
pub(crate) use parking_lot::Mutex;

#[cfg(feature = "shuttle")]
pub(crate) use checked::Mutex;

#[cfg(feature = "shuttle")]
mod checked {
    use std::sync::PoisonError;

    /// The checker's mutex under `parking_lot`'s interface.
    #[derive(Debug)]
    pub(crate) struct Mutex<T>(shuttle::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(shuttle::sync::Mutex::new(value))
        }

        pub(crate) fn lock(&self) -> shuttle::sync::MutexGuard<'_, T> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }
}
