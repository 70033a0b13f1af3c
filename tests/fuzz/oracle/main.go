// What Go's YAML readers take documents for.
//
// In:  documents, each behind its length (4 bytes, big-endian).
// Out: for each a line of JSON: {"v2": …, "v3": …}, each {"error": …} or what that reader saw. A v3 tree has the shape of
// examples/reprint.rs, a scalar being ["s", the text that a string field gets, the type and value it has elsewhere, whether it is a
// string], merge keys as they stand. Of v2, which has no tree, "texts" is what string fields get and "values" what others get, both
// after merging.
// Never: opens anything.
package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	v2 "go.yaml.in/yaml/v2"
	v3 "go.yaml.in/yaml/v3"
)

func main() {
	in, out := bufio.NewReaderSize(os.Stdin, 1<<20), bufio.NewWriter(os.Stdout)
	for {
		var length uint32
		if err := binary.Read(in, binary.BigEndian, &length); err != nil {
			return
		}
		document := make([]byte, length)
		if _, err := io.ReadFull(in, document); err != nil {
			return
		}
		line, err := json.Marshal(map[string]any{"v2": readV2(document), "v3": readV3(document)})
		if err != nil {
			line = []byte(fmt.Sprintf("{\"v2\":{\"error\":%q},\"v3\":{\"error\":%q}}", err, err))
		}
		out.Write(line)
		out.WriteByte('\n')
		out.Flush()
	}
}

// Both readers panic on some inputs; that is an answer, too.
func guarded(read func() (any, error)) (answer any) {
	defer func() {
		if panicked := recover(); panicked != nil {
			answer = map[string]any{"error": fmt.Sprint("panic: ", panicked)}
		}
	}()
	seen, err := read()
	if err != nil {
		return map[string]any{"error": err.Error()}
	}
	return seen
}

func readV3(document []byte) any {
	return guarded(func() (any, error) {
		var root v3.Node
		if err := v3.NewDecoder(bytes.NewReader(document)).Decode(&root); err != nil {
			return nil, err
		}
		// Into values as well: only then are duplicate keys seen.
		var values any
		if err := root.Decode(&values); err != nil {
			return nil, err
		}
		tree, err := treeV3(&root)
		return map[string]any{"tree": tree}, err
	})
}

func treeV3(node *v3.Node) (any, error) {
	switch node.Kind {
	case v3.DocumentNode:
		return treeV3(node.Content[0])
	case v3.AliasNode:
		return treeV3(node.Alias)
	case v3.ScalarNode:
		var value any
		if err := node.Decode(&value); err != nil {
			return nil, err
		}
		text := "" // as a field that null leaves alone
		if node.Tag == "!!merge" {
			text = node.Value
		} else if err := node.Decode(&text); err != nil {
			return nil, err
		}
		_, isString := value.(string)
		return []any{"s", text, shown(value), isString}, nil
	case v3.SequenceNode:
		tree := []any{"l"}
		for _, item := range node.Content {
			item, err := treeV3(item)
			if err != nil {
				return nil, err
			}
			tree = append(tree, item)
		}
		return tree, nil
	case v3.MappingNode:
		tree := []any{"m"}
		for i := 0; i+1 < len(node.Content); i += 2 {
			key, err := treeV3(node.Content[i])
			if err != nil {
				return nil, err
			}
			value, err := treeV3(node.Content[i+1])
			if err != nil {
				return nil, err
			}
			tree = append(tree, []any{key, value})
		}
		return tree, nil
	}
	return nil, errors.New("a node of no kind")
}

func readV2(document []byte) any {
	return guarded(func() (any, error) {
		var values any
		if err := v2.UnmarshalStrict(document, &values); err != nil {
			return nil, err
		}
		var texts texts
		if err := v2.UnmarshalStrict(document, &texts); err != nil {
			return nil, err
		}
		return map[string]any{"values": valuesV2(values), "texts": texts.seen}, nil
	})
}

// texts is what Go's string fields get.
type texts struct{ seen any }

func (t *texts) MarshalJSON() ([]byte, error) { return json.Marshal(t.seen) }

func (t *texts) UnmarshalYAML(unmarshal func(any) error) error {
	var whole any
	if err := unmarshal(&whole); err != nil {
		return err
	}
	switch whole.(type) {
	case map[any]any:
		entries := map[string]*texts{}
		t.seen = entries
		return unmarshal(&entries)
	case []any:
		items := []*texts{}
		err := unmarshal(&items)
		t.seen = items
		return err
	}
	text := ""
	err := unmarshal(&text)
	t.seen = text
	return err
}

// valuesV2 makes JSON of values, whose keys JSON would not take; objects are printed in the order of their keys.
func valuesV2(value any) any {
	switch value := value.(type) {
	case map[any]any:
		entries := map[string]any{}
		for key, item := range value {
			entries[shown(key)] = valuesV2(item)
		}
		return entries
	case []any:
		items := []any{}
		for _, item := range value {
			items = append(items, valuesV2(item))
		}
		return items
	}
	return shown(value)
}

func shown(value any) string { return fmt.Sprintf("%T %v", value, value) }
