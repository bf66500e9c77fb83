package main

// go.mod, go.work, go.sum and selection: registered by their tests' needs.
