package main

type topicCmd struct {
	Create topicCreateCmd `cmd:"" help:"Create a topic."`
	List   topicListCmd   `cmd:"" help:"List all topics."`
	Show   topicShowCmd   `cmd:"" help:"Show one topic: its definition and what it holds."`
	Update topicUpdateCmd `cmd:"" help:"Change a topic's definition."`
	Delete topicDeleteCmd `cmd:"" help:"Delete a topic and all its messages for good."`
	Purge  topicPurgeCmd  `cmd:"" help:"Remove a topic's messages before a sequence for good."`
}

// Help is shown by `parley topic --help`.
func (topicCmd) Help() string {
	return `A topic is a named log of messages. No other command creates one, except
"parley exchange --create" and "parley bench" for itself.

Examples:
  parley topic create orders --max-age 7d
  parley topic list
  parley topic delete orders`
}
