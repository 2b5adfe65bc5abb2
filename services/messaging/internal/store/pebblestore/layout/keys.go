package layout

import "encoding/binary"

const (
	prefixCommit   = 'c'
	prefixTopic    = 't'
	prefixLowWater = 'l'
	prefixRecord   = 'r'
	prefixIDs      = 'i'
	prefixDeleted  = 'x'
)

const seqKeySize = 1 + 8 + 8

// CommitKey is the key of the commit number.
func CommitKey() []byte { return []byte{prefixCommit} }

// TopicKey is the key of a topic's definition.
func TopicKey(name string) []byte { return append([]byte{prefixTopic}, name...) }

// TopicSpan covers every TopicKey, end excluded.
func TopicSpan() (start, end []byte) { return span(prefixTopic) }

// TopicName is the name in a TopicKey.
func TopicName(key []byte) string { return string(key[1:]) }

// LowWaterKey is the key of a log's low water.
func LowWaterKey(log uint64) []byte { return logKey(prefixLowWater, log) }

// LowWaterSpan covers every LowWaterKey, end excluded.
func LowWaterSpan() (start, end []byte) { return span(prefixLowWater) }

// DeletedKey is the key that remembers a deleted log.
func DeletedKey(log uint64) []byte { return logKey(prefixDeleted, log) }

// DeletedSpan covers every DeletedKey, end excluded.
func DeletedSpan() (start, end []byte) { return span(prefixDeleted) }

// RecordKey is the key of the record that begins with a sequence. All records
// of a log from sequence a to before b lie in [RecordKey(log, a), RecordKey(log, b)).
func RecordKey(log, first uint64) []byte { return seqKey(prefixRecord, log, first) }

// IDsKey is the key of the ids of the record that begins with a sequence.
func IDsKey(log, first uint64) []byte { return seqKey(prefixIDs, log, first) }

// RecordSpan covers every RecordKey of every log, end excluded.
func RecordSpan() (start, end []byte) { return span(prefixRecord) }

// ParseSeqKey splits a RecordKey or IDsKey. It reports false for anything else.
func ParseSeqKey(key []byte) (log, first uint64, ok bool) {
	if len(key) != seqKeySize {
		return 0, 0, false
	}
	return binary.BigEndian.Uint64(key[1:]), binary.BigEndian.Uint64(key[9:]), true
}

// RecordLog returns the log of a RecordKey. It reports false for anything else.
func RecordLog(key []byte) (log uint64, ok bool) {
	log, _, ok = ParseSeqKey(key)
	return log, ok && key[0] == prefixRecord
}

// KindEnd is above every key of the same kind, and not above any other; nil, for no
// end, if the key is empty.
func KindEnd(key []byte) []byte {
	if len(key) == 0 {
		return nil
	}
	return []byte{key[0] + 1}
}

// EndOfLog is above every sequence.
const EndOfLog = ^uint64(0)

func span(prefix byte) (start, end []byte) { return []byte{prefix}, []byte{prefix + 1} }

func logKey(prefix byte, log uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{prefix}, log)
}

func seqKey(prefix byte, log, seq uint64) []byte {
	key := make([]byte, 0, seqKeySize)
	key = binary.BigEndian.AppendUint64(append(key, prefix), log)
	return binary.BigEndian.AppendUint64(key, seq)
}
