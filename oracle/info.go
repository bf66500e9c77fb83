package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strings"
	"time"
)

// What cmd/go reads of an .info: its own types, which no other program may
// import. info.copy compares them with the source of the toolchain that is
// here, field by field.

// revInfo is cmd/go/internal/modfetch.RevInfo.
type revInfo struct {
	Version string
	Time    time.Time
	Name    string  `json:"-"`
	Short   string  `json:"-"`
	Origin  *origin `json:",omitempty"`
}

// origin is cmd/go/internal/modfetch/codehost.Origin.
type origin struct {
	VCS       string `json:",omitempty"`
	URL       string `json:",omitempty"`
	Subdir    string `json:",omitempty"`
	Hash      string `json:",omitempty"`
	TagPrefix string `json:",omitempty"`
	TagSum    string `json:",omitempty"`
	Ref       string `json:",omitempty"`
	RepoSum   string `json:",omitempty"`
}

func init() {
	// An .info, and what another reader made of it: nothing, if it refused it,
	// else version and time. Does Go's decoder make the same of it?
	register("info.same", func(args [][]byte) ([][]byte, error) {
		info := new(revInfo)
		err := json.Unmarshal(args[0], info)
		if len(args) == 1 {
			if err == nil {
				return nil, fmt.Errorf("go reads it: %+v", *info)
			}
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		if info.Version != string(args[1]) {
			return nil, fmt.Errorf("version is %q", info.Version)
		}
		var found time.Time
		if len(args[2]) > 0 {
			if found, err = time.Parse(time.RFC3339, string(args[2])); err != nil {
				return nil, err
			}
		}
		if !info.Time.Equal(found) {
			return nil, fmt.Errorf("time is %v", info.Time)
		}
		return nil, nil
	})
	// The root of a Go tree: are the types above what its cmd/go has?
	register("info.copy", func(args [][]byte) ([][]byte, error) {
		modfetch := filepath.Join(string(args[0]), "src/cmd/go/internal/modfetch")
		err := sameFields(filepath.Join(modfetch, "repo.go"), "RevInfo", revInfo{})
		if err != nil {
			return nil, err
		}
		return nil, sameFields(filepath.Join(modfetch, "codehost/codehost.go"), "Origin", origin{})
	})
}

// sameFields compares a struct in a source file with one of ours: names, order,
// types and tags.
func sameFields(file, name string, ours any) error {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		return err
	}
	object := parsed.Scope.Lookup(name)
	if object == nil {
		return fmt.Errorf("%s has no %s", file, name)
	}
	var theirs []string
	for _, field := range object.Decl.(*ast.TypeSpec).Type.(*ast.StructType).Fields.List {
		tag := ""
		if field.Tag != nil {
			tag = strings.Trim(field.Tag.Value, "`")
		}
		for _, name := range field.Names {
			theirs = append(theirs, fmt.Sprint(name.Name, " ", kind(field.Type), " ", tag))
		}
	}
	copied := reflect.TypeOf(ours)
	var mine []string
	for i := range copied.NumField() {
		field := copied.Field(i)
		kind := strings.ReplaceAll(field.Type.String(), "main.origin", "codehost.Origin")
		mine = append(mine, fmt.Sprint(field.Name, " ", kind, " ", field.Tag))
	}
	if !reflect.DeepEqual(theirs, mine) {
		return fmt.Errorf("%s is %q, not %q", name, theirs, mine)
	}
	return nil
}

// kind is a type as the source writes it, as far as the two structs have types.
func kind(expression ast.Expr) string {
	switch expression := expression.(type) {
	case *ast.StarExpr:
		return "*" + kind(expression.X)
	case *ast.SelectorExpr:
		return kind(expression.X) + "." + expression.Sel.Name
	case *ast.Ident:
		return expression.Name
	}
	return fmt.Sprintf("%T", expression)
}
