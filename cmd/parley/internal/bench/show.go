package bench

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/parleyhq/parley/platform/client"

	"github.com/parleyhq/parley/cmd/parley/internal/console"
	"github.com/parleyhq/parley/cmd/parley/internal/load"
	"github.com/parleyhq/parley/cmd/parley/internal/render"
)

// record is a result in JSON.
type record struct {
	load.Result

	MessagesPerSecond float64 `json:"messages_per_second"`
	BytesPerSecond    float64 `json:"bytes_per_second"`
	FirstError        string  `json:"first_error,omitempty"`
	Server            string  `json:"server"`
	SameMachine       bool    `json:"same_machine"`
	Protocol          string  `json:"protocol"`
	Codec             string  `json:"codec"`
	HTTP              string  `json:"http"`
	Size              int     `json:"size"`
	Batch             int     `json:"batch"`
	Concurrency       int     `json:"concurrency"`
	InFlight          int     `json:"in_flight"`
}

// show prints the results as a table, or as an object each.
func (c *Command) show(out io.Writer, results []load.Result) error {
	local := onThisMachine(c.Server[0])
	if c.Output == render.JSON {
		for _, r := range results {
			record := record{
				Result: r, MessagesPerSecond: r.MessagesPerSecond(), BytesPerSecond: r.BytesPerSecond(),
				Server: c.Server[0], SameMachine: local, Protocol: c.Protocol.String(), Codec: c.Codec.String(), HTTP: c.HTTP.String(),
				Size: int(c.Size), Batch: c.Batch, Concurrency: c.Concurrency, InFlight: c.InFlight,
			}
			if r.First != nil {
				record.FirstError = client.Explain(r.First).String()
			}
			if err := c.Output.Encode(out, record); err != nil {
				return err
			}
		}
		return nil
	}
	fmt.Fprintf(out, "%s, %s %s, HTTP/%s: %s\n", c.Server[0], c.Protocol, c.Codec, c.HTTP, c.settingsText())
	if local {
		fmt.Fprintf(out, "Client and server share this machine and its %d processors: the figures are of both together.\n", runtime.NumCPU())
	}
	if reading := slices.ContainsFunc(results, func(r load.Result) bool { return r.Reading }); reading && c.Concurrency > 1 {
		fmt.Fprintf(out, "In subscribe and replay a message counts once for each of the %d readers that gets it.\n", c.Concurrency)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nWORKLOAD\tMESSAGES/S\tBYTES/S\tP50\tP99\tMAX\tERRORS\tLATENCY OF")
	for _, r := range results {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\n", r.Workload,
			humanize.Comma(int64(r.MessagesPerSecond())), humanize.IBytes(uint64(r.BytesPerSecond())),
			latency(r.P50), latency(r.P99), latency(r.Max), r.Errors, r.LatencyOf)
	}
	return w.Flush()
}

// latency shows seconds to three digits.
func latency(seconds float64) string {
	if seconds == 0 {
		return "-"
	}
	d := time.Duration(seconds * float64(time.Second))
	for unit := time.Microsecond; ; unit *= 10 {
		if d < 1000*unit {
			return d.Round(unit).String()
		}
	}
}

// onThisMachine reports whether an address is one of this machine's.
func onThisMachine(server string) bool {
	if _, after, ok := strings.Cut(server, "://"); ok {
		server = after
	}
	host, _, err := net.SplitHostPort(strings.TrimSuffix(server, "/"))
	if err != nil {
		host = server
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	own, _ := net.InterfaceAddrs() // without them there is loopback
	return ip.IsLoopback() || slices.ContainsFunc(own, func(a net.Addr) bool {
		network, ok := a.(*net.IPNet)
		return ok && network.IP.Equal(net.IP(ip.AsSlice()))
	})
}

// liveLine overwrites one line of a terminal.
type liveLine struct{ out io.Writer } // nil where nobody watches

func newLiveLine(out io.Writer) liveLine {
	if !console.IsTerminal(out) {
		return liveLine{}
	}
	return liveLine{out}
}

func (l liveLine) show(text string) {
	if l.out != nil {
		fmt.Fprint(l.out, "\r\x1b[K"+text)
	}
}

func (l liveLine) clear() { l.show("") }

// watch returns what shows how a workload goes, nil where nobody watches.
func (l liveLine) watch() func(load.Result) {
	if l.out == nil {
		return nil
	}
	return func(r load.Result) {
		l.show(r.Workload + ": " + strconv.FormatFloat(r.Seconds, 'f', 1, 64) + " s, " +
			humanize.Comma(int64(r.MessagesPerSecond())) + " messages/s, p99 " + latency(r.P99) + ", " + strconv.FormatInt(r.Errors, 10) + " errors")
	}
}
