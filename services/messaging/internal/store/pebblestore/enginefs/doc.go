// Package enginefs is what lies between the embedded engine and the disk: file systems
// around a file system, which make up for what the engine does not do by itself.
//
// Log files have their full size from the beginning, and are read up to what was written
// ([New], [Written]). Damaged blocks of tables are refused before the engine searches
// them for the damage. Tables that cannot be written are written again after a pause,
// and a log that cannot be written ends the use of the engine ([ForUse]).
package enginefs
