//! The service: resolve, then hot, catalog or flight.
