package faults_test

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/parleyhq/parley/tests/harness"
)

const (
	killSeed  = "PARLEY_FAULTS_SEED"  // repeats the random choices of a run
	killHours = "PARLEY_FAULTS_HOURS" // how long to kill, such as 2 or 0.1, instead of by rounds

	killRounds      = 60
	killRoundsShort = 4
)

// TestKill kills the server again and again while clients publish and read over
// every RPC, protocol and codec: while it serves, and while it starts. Nothing
// that was acknowledged or read may be lost, stored twice, out of order, or
// issued again as something else.
func TestKill(t *testing.T) {
	seed := faultSeed(t)
	if text := os.Getenv(killHours); text != "" {
		hours, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatalf("%s: %v", killHours, err)
		}
		killForHours(t, seed, hours)
		return
	}
	rounds := killRoundsShort
	if harness.IsSlow() {
		rounds = killRounds
	}
	kill(t, seed, rounds)
}

// faultSeed returns the seed of a test's random choices and prints it.
func faultSeed(t *testing.T) uint64 {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv(killSeed); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("%s: %v", killSeed, err)
		}
	}
	t.Logf("%s=%d", killSeed, seed)
	return seed
}

// killForHours starts over with a new data directory every 60 rounds, so that a
// check stays short.
func killForHours(t *testing.T, seed uint64, hours float64) {
	t.Helper()
	until := time.Now().Add(time.Duration(hours * float64(time.Hour)))
	for cycle := uint64(0); time.Now().Before(until) && !t.Failed(); cycle++ {
		t.Run(strconv.FormatUint(cycle, 10), func(t *testing.T) { kill(t, seed+cycle, killRounds) })
	}
}

func kill(t *testing.T, seed uint64, rounds int) {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 0))
	b := newBench(t)
	w := b.startWork(t, seed)
	began, busy := time.Now(), 0
	for round := 1; round <= rounds; round++ {
		w.running(t)
		if rng.IntN(4) > 0 { // in the midst of the work
			before := b.journalSize(t)
			harness.Eventually(t, "the workload goes on", func() bool { w.running(t); return b.journalSize(t) > before })
			busy++
		}
		<-time.After(time.Duration(rng.IntN(250)) * time.Millisecond)
		b.server.Kill(t)
		for rng.IntN(3) == 0 { // again, while it recovers
			starting := harness.Launch(t, b.flags()...)
			<-time.After(time.Duration(rng.IntN(150)) * time.Millisecond)
			starting.Kill(t)
		}
		b.restart(t)
		if round%20 == 0 && round < rounds { // beside the publishers
			if report := b.verify(t, round); !report.Clean() || report.Gapped > 0 {
				t.Fatalf("after %d rounds: %s", round, &report)
			}
		}
	}
	w.stop(t)
	report := b.verify(t, rounds)
	if !report.Clean() || report.Gapped > 0 {
		t.Errorf("after %d rounds: %s", rounds, &report)
	}
	if report.Acknowledged < 20*busy || report.Observed < report.Stored {
		t.Errorf("too little happened in %d rounds: %s", rounds, &report)
	}
	for _, call := range publishCalls(t, b.url()) {
		if rounds >= killRounds && report.Receipts[call.String()] == 0 {
			t.Errorf("no receipt came over %s", call)
		}
	}
	t.Logf("receipts: %v", report.Receipts)
	t.Logf("%d kills in %s, %d of them in the midst of publishing: %s", rounds, time.Since(began).Round(time.Second), busy, &report)
}
