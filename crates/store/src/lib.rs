//! Everything durable a site keeps: blobs, catalog, journal, spool.
