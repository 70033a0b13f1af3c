module oracle

go 1.26

// Exactly what Prometheus 3.13.5 reads with: its main file with v2, rules with v3.
require (
	go.yaml.in/yaml/v2 v2.4.4
	go.yaml.in/yaml/v3 v3.0.4
)
