package telemetry

import (
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/otlptranslator"
	"go.opentelemetry.io/otel/sdk/resource"
)

// registerTarget adds target_info, which is always 1 and has what describes this
// process as labels, as OpenTelemetry's specification of compatibility with
// Prometheus asks. Attributes whose names become the same label share it, their
// values sorted and with a semicolon between them.
func registerTarget(registry prometheus.Registerer, res *resource.Resource) error {
	values := make(map[string][]string)
	namer := otlptranslator.LabelNamer{}
	for _, attribute := range res.Attributes() {
		name, err := namer.Build(string(attribute.Key))
		if err != nil {
			return fmt.Errorf("describe this process to Prometheus: %w", err)
		}
		values[name] = append(values[name], attribute.Value.String())
	}
	labels := make(prometheus.Labels, len(values))
	for name, values := range values {
		slices.Sort(values)
		labels[name] = strings.Join(values, ";")
	}
	target := prometheus.NewGauge(prometheus.GaugeOpts{Name: "target_info", Help: "Target metadata", ConstLabels: labels})
	target.Set(1)
	if err := registry.Register(target); err != nil {
		return fmt.Errorf("describe this process to Prometheus: %w", err)
	}
	return nil
}
