//! HTTP surfaces: module protocol, health, metrics, admin.
