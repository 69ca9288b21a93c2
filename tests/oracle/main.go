// Command oracle says what Kubernetes reads in streams of YAML or JSON.
//
// Standard input holds streams, each ended by a NUL.  Each is answered by one line: a list of its
// documents, `{"json": …}` or, where Kubernetes' readers refuse one, `{"error": "…"}`.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"

	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

type answer struct {
	JSON  json.RawMessage `json:"json,omitempty"`
	Error string          `json:"error,omitempty"`
}

func main() {
	input, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	output := bufio.NewWriter(os.Stdout)
	lines := json.NewEncoder(output)
	lines.SetEscapeHTML(false)
	for _, stream := range bytes.SplitAfter(input, []byte{0}) {
		if len(stream) == 0 {
			continue
		}
		if err := lines.Encode(answersTo(bytes.TrimSuffix(stream, []byte{0}))); err != nil {
			panic(err)
		}
	}
	if err := output.Flush(); err != nil {
		panic(err)
	}
}

func answersTo(stream []byte) []answer {
	answers := []answer{}
	reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(stream)))
	for {
		document, err := reader.Read()
		if err == io.EOF {
			return answers
		}
		if err != nil {
			return append(answers, answer{Error: err.Error()})
		}
		answers = append(answers, answerTo(document))
	}
}

func answerTo(document []byte) answer {
	if json.Valid(document) { // kubectl tries JSON first
		return answer{JSON: compact(document)}
	}
	text, err := yaml.YAMLToJSON(document)
	if err != nil {
		return answer{Error: err.Error()}
	}
	return answer{JSON: text}
}

func compact(document []byte) []byte {
	var text bytes.Buffer
	if err := json.Compact(&text, document); err != nil {
		panic(err)
	}
	return text.Bytes()
}
