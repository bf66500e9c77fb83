// The path is below golang.org/x/vuln so that its internal packages may be imported: the answers
// are then those of the stock code itself, not of a copy.
module golang.org/x/vuln/oracle

go 1.26.0

require golang.org/x/vuln v1.9.0

require (
	golang.org/x/mod v0.42.0 // indirect
	golang.org/x/sync v0.24.0 // indirect
	golang.org/x/tools v0.52.0 // indirect
)
