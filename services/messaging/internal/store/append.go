package store

// Message is one message to store.
type Message struct {
	// ID is compared with the ids remembered. Empty: never a duplicate.
	ID string
	// Data is the encoded message without sequence and publish time. The store
	// does not keep it after Append has returned.
	Data []byte
}

// AppendRequest is a batch for one topic.
//
// Ids are looked up first; a batch of duplicates only is answered whatever the
// expectation. Append fails, storing nothing, with ErrTopicNotFound, a
// *MismatchError, a *DuplicateIDError (an id twice in the batch), a
// *MessageSizeError, ErrLowDiskSpace, ErrStalled, ErrEmptyBatch, ErrFailed, ErrClosed,
// or the context's error while it waits for its turn. After ErrFailed the batch
// may be found stored once the store is opened again; it was not acknowledged.
type AppendRequest struct {
	Topic    string
	Messages []Message
	// ExpectedEpoch must be the topic's epoch. Empty: any.
	ExpectedEpoch string
	// ExpectedLast must be the topic's last sequence. Nil: any.
	ExpectedLast *uint64
}

// Durability says what a receipt is proof against.
type Durability int

const (
	// Synced: written and synced on one machine.
	Synced Durability = iota + 1
	// Replicated: held by a majority of replicas.
	Replicated
	// ReplicatedSynced: held and synced by a majority of replicas.
	ReplicatedSynced
)

// Receipt says where a batch is. First and Last are the run of the new messages,
// 0 if there are none.
type Receipt struct {
	Epoch       string
	First, Last uint64
	Duplicates  []Duplicate
	Durability  Durability
}

// Duplicate is a message whose id was stored before, under Sequence.
type Duplicate struct {
	Index    int
	Sequence uint64
}
