// The edits that kzd makes on serving Deployments, as an ordinary kyaml function would make them:
// what the benchmark compares kzd with. It knows nothing of roles, versions or explanations.
package main

import (
	"fmt"
	"os"
	"strconv"

	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

const (
	sleepSeconds = 15
	graceSeconds = 30
)

// evidence is what the input says beside its Deployments, by namespace.
type evidence struct {
	services map[string][]*yaml.RNode
	budgets  map[string][]*yaml.RNode
	minimums map[string]int
}

func main() {
	io := &kio.ByteReadWriter{Reader: os.Stdin, Writer: os.Stdout}
	err := kio.Pipeline{
		Inputs:  []kio.Reader{io},
		Filters: []kio.Filter{kio.FilterFunc(filter)},
		Outputs: []kio.Writer{io},
	}.Execute()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func filter(nodes []*yaml.RNode) ([]*yaml.RNode, error) {
	found := gather(nodes)
	var out []*yaml.RNode
	for _, node := range nodes {
		out = append(out, node)
		if node.GetKind() != "Deployment" {
			continue
		}
		service := found.serviceOf(node)
		if service == nil {
			continue
		}
		if err := edit(node, service); err != nil {
			return nil, err
		}
		if found.needsBudget(node) {
			budget, err := budgetFor(node)
			if err != nil {
				return nil, err
			}
			out = append(out, budget)
		}
	}
	return out, nil
}

func gather(nodes []*yaml.RNode) evidence {
	found := evidence{map[string][]*yaml.RNode{}, map[string][]*yaml.RNode{}, map[string]int{}}
	for _, node := range nodes {
		namespace := node.GetNamespace()
		switch node.GetKind() {
		case "Service":
			found.services[namespace] = append(found.services[namespace], node)
		case "PodDisruptionBudget":
			found.budgets[namespace] = append(found.budgets[namespace], node)
		case "HorizontalPodAutoscaler":
			if text(node, "spec", "scaleTargetRef", "kind") == "Deployment" {
				target := namespace + "/" + text(node, "spec", "scaleTargetRef", "name")
				found.minimums[target] = number(node, 1, "spec", "minReplicas")
			}
		}
	}
	return found
}

func (found evidence) serviceOf(node *yaml.RNode) *yaml.RNode {
	labels := strings(node, "spec", "template", "metadata", "labels")
	for _, service := range found.services[node.GetNamespace()] {
		if selects(strings(service, "spec", "selector"), labels) {
			return service
		}
	}
	return nil
}

func (found evidence) needsBudget(node *yaml.RNode) bool {
	minimum, scaled := found.minimums[node.GetNamespace()+"/"+node.GetName()]
	if !scaled {
		minimum = number(node, 1, "spec", "replicas")
	}
	if minimum < 2 {
		return false
	}
	labels := strings(node, "spec", "template", "metadata", "labels")
	for _, budget := range found.budgets[node.GetNamespace()] {
		if selects(strings(budget, "spec", "selector", "matchLabels"), labels) {
			return false
		}
	}
	return true
}

func edit(node, service *yaml.RNode) error {
	if err := setDefault(node, 0, "spec", "strategy", "rollingUpdate", "maxUnavailable"); err != nil {
		return err
	}
	pod, err := node.Pipe(yaml.Lookup("spec", "template", "spec"))
	if err != nil || pod == nil {
		return err
	}
	containers, err := pod.Pipe(yaml.Lookup("containers"))
	if err != nil || containers == nil {
		return err
	}
	target := text(service, "spec", "ports", "0", "targetPort")
	slept := false
	err = containers.VisitElements(func(container *yaml.RNode) error {
		if declares(container, target) {
			if err := addProbe(container, target); err != nil {
				return err
			}
		}
		if hook, err := container.Pipe(yaml.Lookup("lifecycle", "preStop")); err != nil || hook != nil {
			return err
		}
		slept = true
		return setDefault(container, sleepSeconds, "lifecycle", "preStop", "sleep", "seconds")
	})
	if err != nil || !slept {
		return err
	}
	grace := number(pod, graceSeconds, "terminationGracePeriodSeconds") + sleepSeconds
	return pod.PipeE(yaml.SetField("terminationGracePeriodSeconds", scalar(grace)))
}

func addProbe(container *yaml.RNode, target string) error {
	probe, err := container.Pipe(yaml.Lookup("readinessProbe"))
	if err != nil || probe != nil {
		return err
	}
	port := yaml.NewStringRNode(target)
	if value, err := strconv.Atoi(target); err == nil {
		port = scalar(value)
	}
	return container.PipeE(
		yaml.LookupCreate(yaml.MappingNode, "readinessProbe", "tcpSocket"),
		yaml.SetField("port", port),
	)
}

func budgetFor(node *yaml.RNode) (*yaml.RNode, error) {
	budget, err := yaml.Parse(`apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {}
spec:
  maxUnavailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
`)
	if err != nil {
		return nil, err
	}
	if err := budget.SetName(node.GetName()); err != nil {
		return nil, err
	}
	if namespace := node.GetNamespace(); namespace != "" {
		if err := budget.SetNamespace(namespace); err != nil {
			return nil, err
		}
	}
	selector, err := node.Pipe(yaml.Lookup("spec", "selector"))
	if err != nil {
		return nil, err
	}
	return budget, budget.PipeE(yaml.Lookup("spec"), yaml.SetField("selector", selector.Copy()))
}

func setDefault(node *yaml.RNode, value int, path ...string) error {
	last := len(path) - 1
	return node.PipeE(
		yaml.LookupCreate(yaml.MappingNode, path[:last]...),
		yaml.FieldSetter{Name: path[last], Value: scalar(value)},
	)
}

func scalar(value int) *yaml.RNode {
	return yaml.NewRNode(&yaml.Node{
		Kind: yaml.ScalarNode, Tag: yaml.NodeTagInt, Value: strconv.Itoa(value),
	})
}

func declares(container *yaml.RNode, target string) bool {
	ports, err := container.Pipe(yaml.Lookup("ports"))
	if err != nil || ports == nil {
		return false
	}
	found := false
	_ = ports.VisitElements(func(port *yaml.RNode) error {
		found = found || text(port, "name") == target || text(port, "containerPort") == target
		return nil
	})
	return found
}

func selects(selector, labels map[string]string) bool {
	for key, value := range selector {
		if labels[key] != value {
			return false
		}
	}
	return len(selector) > 0
}

func text(node *yaml.RNode, path ...string) string {
	value, err := node.Pipe(yaml.Lookup(path...))
	if err != nil || value == nil {
		return ""
	}
	return value.YNode().Value
}

func number(node *yaml.RNode, unset int, path ...string) int {
	value, err := strconv.Atoi(text(node, path...))
	if err != nil {
		return unset
	}
	return value
}

func strings(node *yaml.RNode, path ...string) map[string]string {
	found, err := node.Pipe(yaml.Lookup(path...))
	if err != nil || found == nil {
		return nil
	}
	values := map[string]string{}
	_ = found.VisitFields(func(field *yaml.MapNode) error {
		values[yaml.GetValue(field.Key)] = yaml.GetValue(field.Value)
		return nil
	})
	return values
}
