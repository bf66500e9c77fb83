//! Metric: a struct of metrics, each declared once with its name, its unit and its help.
//!
//! The doc comment of a field is its HELP text, so that neither can be forgotten nor told otherwise. Each
//! crate has a struct of its own, registered by whoever serves them.

pub use prometheus_client::registry::{Registry, Unit};

/// Declares a struct of metrics, and how they are put into a registry.
#[macro_export]
macro_rules! metrics {
    ($(#[$meta:meta])* pub struct $name:ident {
        $(#[doc = $help:literal] $visible:vis $field:ident: $type:ty = $metric:literal $(in $unit:ident)?,)+
    }) => {
        $(#[$meta])*
        pub struct $name { $(#[doc = $help] $visible $field: $type,)+ }

        impl $name {
            /// Puts them into a registry.
            pub fn register(&self, registry: &mut $crate::Registry) {
                $($crate::metrics!(@one registry, $metric, $help, self.$field.clone() $(, $unit)?);)+
            }
        }
    };
    (@one $registry:ident, $metric:literal, $help:literal, $value:expr) => {
        $registry.register($metric, $help.trim().trim_end_matches('.'), $value);
    };
    (@one $registry:ident, $metric:literal, $help:literal, $value:expr, $unit:ident) => {
        let help = $help.trim().trim_end_matches('.');
        $registry.register_with_unit($metric, help, $crate::Unit::$unit, $value);
    };
}
