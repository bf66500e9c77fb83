//! How a site reaches others: clients, deadlines, GOPROXY-list walking.
