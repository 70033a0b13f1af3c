// Fields that Prometheus understands in its configuration and its rules, read from its own source.
//
// In: versions of the Go module github.com/prometheus/prometheus, the newest first; their source is fetched from the Go module proxy.
// Out: workers/validate/src/fields/prometheus.rs on standard output: each struct below config.Config and rulefmt.RuleGroup, its YAML
// fields with their types, and the first and last of these versions that has each. A struct that a version does not have says nothing about
// its fields there: it may have had another name, and if it is new, so is the field that holds it.
// Never: runs or compiles Prometheus; guesses a type: one that is neither a struct nor in `known` is a text if Go says so, else `Any`.
package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"sort"
	"strings"
)

const (
	prometheus = "github.com/prometheus/prometheus"
	common     = "github.com/prometheus/common"
)

// Types with a reader of their own, as `package.Type`.
var known = map[string]string{
	"model.Duration": "Kind::Duration", "time.Duration": "Kind::Any",
	"units.Base2Bytes": "Kind::Size", "relabel.Regexp": "Kind::Regex", "relabel.Action": "Kind::Action",
	"model.LabelNames": "Kind::List(&Kind::Text)", "model.LabelSet": "Kind::Map(&Kind::Text)",
	"url.Values": "Kind::Map(&Kind::List(&Kind::Text))", "config.URL": "Kind::Read",
	// Its reader only keeps it from being printed.
	"config.Secret": "Kind::Text",
	"config.ProxyHeader": "Kind::Map(&Kind::List(&Kind::Text))", "yaml.Node": "Kind::Text",
	"model.ValidationScheme": "Kind::Text",
}

var basic = map[string]string{
	"string": "Kind::Text", "bool": "Kind::Bool", "float64": "Kind::Float",
	"int": "Kind::Int", "int64": "Kind::Int", "uint": "Kind::Unsigned", "uint64": "Kind::Unsigned",
}

// source is one version of Prometheus: folders by module path.
type source struct {
	version string
	modules map[string]string
	parsed  map[string]map[string]*declared
	// struct -> field -> kind, for all that was reached
	structs map[string]map[string]string
	// discovery kinds: field of a job -> kind
	discovery map[string]string
}

// declared is a type with the imports of its file.
type declared struct {
	spec    *ast.TypeSpec
	imports map[string]string
	path    string
	// whether it has a method UnmarshalYAML
	hasReader bool
}

func download(module, version string) string {
	out, err := exec.Command("go", "mod", "download", "-json", module+"@"+version).Output()
	if err != nil {
		log.Fatalf("go mod download %s@%s: %v", module, version, err)
	}
	var answer struct{ Dir string }
	if err := json.Unmarshal(out, &answer); err != nil {
		log.Fatal(err)
	}
	return answer.Dir
}

func open(version string) *source {
	dir := download(prometheus, version)
	gomod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		log.Fatal(err)
	}
	used := regexp.MustCompile(regexp.QuoteMeta(common) + ` (v\S+)`).FindSubmatch(gomod)
	return &source{
		version:   version,
		modules:   map[string]string{prometheus: dir, common: download(common, string(used[1]))},
		parsed:    map[string]map[string]*declared{},
		structs:   map[string]map[string]string{},
		discovery: map[string]string{},
	}
}

// types gives the types of a package by name; none for a package of another module.
func (s *source) types(path string) map[string]*declared {
	if found, ok := s.parsed[path]; ok {
		return found
	}
	found := map[string]*declared{}
	s.parsed[path] = found
	readers := map[string]bool{}
	for module, dir := range s.modules {
		rest, ok := strings.CutPrefix(path, module)
		if !ok || (rest != "" && rest[0] != '/') {
			continue
		}
		files, _ := filepath.Glob(filepath.Join(dir, rest, "*.go"))
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
			if err != nil {
				log.Fatal(err)
			}
			imports := map[string]string{}
			for _, spec := range file.Imports {
				target := strings.Trim(spec.Path.Value, `"`)
				as := filepath.Base(target)
				if spec.Name != nil {
					as = spec.Name.Name
				}
				imports[as] = target
			}
			for _, decl := range file.Decls {
				if method, ok := decl.(*ast.FuncDecl); ok && method.Recv != nil && method.Name.Name == "UnmarshalYAML" {
					receiver := method.Recv.List[0].Type
					if pointer, ok := receiver.(*ast.StarExpr); ok {
						receiver = pointer.X
					}
					if name, ok := receiver.(*ast.Ident); ok {
						readers[name.Name] = true
					}
				}
				if types, ok := decl.(*ast.GenDecl); ok && types.Tok == token.TYPE {
					for _, spec := range types.Specs {
						spec := spec.(*ast.TypeSpec)
						found[spec.Name.Name] = &declared{spec, imports, path, false}
					}
				}
			}
		}
	}
	for name := range readers {
		if declared := found[name]; declared != nil {
			declared.hasReader = true
		}
	}
	return found
}

// kind is a Go type as Rust.
func (s *source) kind(expr ast.Expr, from *declared) string {
	switch expr := expr.(type) {
	case *ast.StarExpr:
		return s.kind(expr.X, from)
	case *ast.ArrayType:
		return "Kind::List(&" + s.kind(expr.Elt, from) + ")"
	case *ast.MapType:
		return "Kind::Map(&" + s.kind(expr.Value, from) + ")"
	case *ast.Ident:
		if kind, ok := basic[expr.Name]; ok {
			return kind
		}
		return s.named(from.path, expr.Name)
	case *ast.SelectorExpr:
		return s.named(from.imports[expr.X.(*ast.Ident).Name], expr.Sel.Name)
	}
	return "Kind::Any"
}

func (s *source) named(path, name string) string {
	full := filepath.Base(path) + "." + name
	// The same fields, with positions for messages.
	full = strings.Replace(full, "rulefmt.RuleNode", "rulefmt.Rule", 1)
	if kind, ok := known[full]; ok {
		return kind
	}
	found := s.types(path)[name]
	if found == nil {
		return "Kind::Any"
	}
	structure, ok := found.spec.Type.(*ast.StructType)
	if !ok {
		kind := s.kind(found.spec.Type, found)
		if found.hasReader && kind == "Kind::Text" {
			return "Kind::Read"
		}
		return kind
	}
	// Its reader takes `targets` and `labels`; the Go fields are something else.
	if full == "targetgroup.Group" {
		s.structs[full] = map[string]string{"targets": "Kind::List(&Kind::Text)", "labels": "Kind::Map(&Kind::Text)"}
		return "Kind::Struct(&" + constant(full) + ")"
	}
	fields, whole := s.fields(full, structure, found)
	if whole != "" {
		return whole
	}
	if len(fields) == 0 {
		return "Kind::Any"
	}
	return "Kind::Struct(&" + constant(full) + ")"
}

// fields reads a struct, what is inline included. A struct that is nothing but an inline map is that map.
func (s *source) fields(full string, structure *ast.StructType, from *declared) (map[string]string, string) {
	if done, ok := s.structs[full]; ok {
		return done, ""
	}
	fields := map[string]string{}
	s.structs[full] = fields
	for _, field := range structure.Fields.List {
		if field.Tag == nil {
			continue
		}
		tag := reflect.StructTag(strings.Trim(field.Tag.Value, "`")).Get("yaml")
		name, options, _ := strings.Cut(tag, ",")
		switch {
		case name == "-" || tag == "":
		case strings.Contains(options, "inline"):
			kind := s.kind(field.Type, from)
			if strings.HasPrefix(kind, "Kind::Map") {
				delete(s.structs, full)
				return nil, kind
			}
			for structure, inner := range s.structs {
				if kind == "Kind::Struct(&"+constant(structure)+")" {
					for name, kind := range inner {
						fields[name] = kind
					}
				}
			}
		case name != "":
			fields[name] = s.kind(field.Type, from)
		}
	}
	return fields, ""
}

// discoveries finds every kind of service discovery: a call of RegisterConfig, and the name that its Name() returns.
func (s *source) discoveries() {
	root := s.modules[prometheus]
	register := regexp.MustCompile(`RegisterConfig\(&(\w+)\{`)
	err := filepath.WalkDir(filepath.Join(root, "discovery"), func(name string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		folder := filepath.Dir(name)
		for _, call := range register.FindAllSubmatch(text, -1) {
			path := prometheus + strings.TrimPrefix(folder, root)
			kind := s.named(path, string(call[1]))
			returns := regexp.MustCompile(`func \(\*?\w*\s*\*?` + string(call[1]) + `\) Name\(\) string\s*\{\s*return "(\w+)"`)
			files, _ := filepath.Glob(filepath.Join(folder, "*.go"))
			for _, file := range files {
				text, err := os.ReadFile(file)
				if err != nil {
					return err
				}
				if found := returns.FindSubmatch(text); found != nil {
					s.discovery[string(found[1])+"_sd_configs"] = "Kind::List(&" + kind + ")"
				}
			}
		}
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	s.discovery["static_configs"] = "Kind::List(&" + s.named(prometheus+"/discovery/targetgroup", "Group") + ")"
}

func constant(full string) string {
	name := regexp.MustCompile(`([a-z0-9])([A-Z])`).ReplaceAllString(full, "${1}_$2")
	return strings.ToUpper(strings.ReplaceAll(name, ".", "_"))
}

// release is the version that people know: module v0.313.5 is Prometheus 3.13.5, v0.53.3 is 2.53.3.
func release(module string) string {
	var minor, patch int
	if _, err := fmt.Sscanf(module, "v0.%d.%d", &minor, &patch); err != nil {
		log.Fatal(err)
	}
	if minor >= 300 {
		return fmt.Sprintf("3.%d.%d", minor-300, patch)
	}
	return fmt.Sprintf("2.%d.%d", minor, patch)
}

// numbers gives the first parts of a version as arguments.
func numbers(release string, parts int) string {
	return strings.Join(strings.Split(release, ".")[:parts], ", ")
}

func main() {
	versions := os.Args[1:]
	if len(versions) == 0 {
		log.Fatal("say the versions, the newest first: go run main.go v0.313.5 v0.312.0 v0.53.3")
	}
	var sources []*source
	for _, version := range versions {
		s := open(version)
		s.discoveries()
		s.named(prometheus+"/config", "Config")
		s.named(prometheus+"/model/rulefmt", "RuleGroup")
		for name, kind := range s.discovery {
			s.structs["config.ScrapeConfig"][name] = kind
			s.structs["config.AlertmanagerConfig"][name] = kind
		}
		sources = append(sources, s)
	}
	print(sources)
}

func print(sources []*source) {
	reached := map[string]bool{}
	structs := map[string]map[string]string{}
	for _, s := range sources {
		for name, fields := range s.structs {
			if structs[name] == nil {
				structs[name] = map[string]string{}
			}
			for field, kind := range fields {
				if structs[name][field] == "" {
					structs[name][field] = kind
				}
			}
		}
	}
	var reach func(kind string)
	reach = func(kind string) {
		for name, fields := range structs {
			if strings.Contains(kind, "(&"+constant(name)+")") && !reached[name] {
				reached[name] = true
				for _, kind := range fields {
					reach(kind)
				}
			}
		}
	}
	for _, root := range []string{"config.Config", "rulefmt.RuleGroup"} {
		reach("(&" + constant(root) + ")")
	}
	var sorted []string
	for name := range reached {
		sorted = append(sorted, name)
	}
	sort.Strings(sorted)

	var releases []string
	for _, s := range sources {
		releases = append(releases, release(s.version))
	}
	fmt.Printf("//! Written by `make fields` from the source of Prometheus %s; do not edit.\n\n", strings.Join(releases, ", "))
	fmt.Printf("use super::{Kind, Struct, Version, field};\n\n")
	fmt.Printf("/// The newest version that the table knows.\npub(crate) const NEWEST: Version = Version::exact(%s);\n", numbers(releases[0], 3))
	for _, name := range sorted {
		var fields []string
		for field := range structs[name] {
			fields = append(fields, field)
		}
		sort.Strings(fields)
		var having []int
		for i, s := range sources {
			if s.structs[name] != nil {
				having = append(having, i)
			}
		}
		fmt.Printf("\npub(crate) static %s: Struct = Struct {\n    name: %q,\n    fields: &[\n", constant(name), name)
		for _, field := range fields {
			first, last := len(sources), -1
			for i, s := range sources {
				if s.structs[name][field] != "" {
					first, last = min(first, i), i
				}
			}
			versions := ""
			if last < having[len(having)-1] {
				versions += fmt.Sprintf(".since(%s)", numbers(releases[last], 2))
			}
			if first > having[0] {
				versions += fmt.Sprintf(".until(%s)", numbers(releases[first], 2))
			}
			fmt.Printf("        field(%q, %s)%s,\n", field, structs[name][field], versions)
		}
		fmt.Printf("    ],\n};\n")
	}
}
