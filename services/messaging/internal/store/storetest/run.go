package storetest

import "testing"

// Run runs every test of the contract.
func Run(t *testing.T, factory Factory) {
	t.Helper()
	tests := []struct {
		name string
		run  func(*testing.T, Factory)
	}{
		{"catalogue", testCatalogue},
		{"update", testUpdate},
		{"recreate", testRecreate},
		{"list", testList},
		{"append", testAppend},
		{"append_errors", testAppendErrors},
		{"large_batch", testLargeBatch},
		{"concurrent_publishers", testConcurrentPublishers},
		{"compare_and_append", testCompareAndAppend},
		{"deduplication", testDeduplication},
		{"deduplication_window", testDeduplicationWindow},
		{"deduplication_longer", testDeduplicationLonger},
		{"deduplication_newest", testDeduplicationNewest},
		{"deduplication_restart", testDeduplicationRestart},
		{"clock_jumps", testClockJumps},
		{"read_limits", testReadLimits},
		{"read_errors", testReadErrors},
		{"seek_time", testSeekTime},
		{"committed_hook", testCommittedHook},
		{"followed_hook", testFollowedHook},
		{"purge", testPurge},
		{"retention", testRetention},
		{"lineage", testLineage},
		{"lineage_bound", testLineageBound},
		{"lineage_removal", testLineageRemoval},
		{"low_disk_space", testLowDiskSpace},
		{"cancelled", testCancelled},
		{"closed", testClosed},
		{"history", testHistory},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, factory)
		})
	}
}
