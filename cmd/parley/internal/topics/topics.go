package topics

// Command is `parley topic`.
type Command struct {
	Create createCmd `cmd:"" help:"Create a topic."`
	List   listCmd   `cmd:"" help:"List all topics."`
	Show   showCmd   `cmd:"" help:"Show one topic: its definition and what it holds."`
	Update updateCmd `cmd:"" help:"Change a topic's definition."`
	Delete deleteCmd `cmd:"" help:"Delete a topic and all its messages for good."`
	Purge  purgeCmd  `cmd:"" help:"Remove a topic's messages before a sequence for good."`
}

// Help is shown by `parley topic --help`.
func (Command) Help() string {
	return `A topic is a named log of messages. No other command creates one, except
"parley exchange --create" and "parley bench" for itself.

Examples:
  parley topic create orders --max-age 7d
  parley topic list
  parley topic delete orders`
}
