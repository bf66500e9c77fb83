package main

// Zips and hashes: registered by their tests' needs.
