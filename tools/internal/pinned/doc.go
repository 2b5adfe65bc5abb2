// Package pinned finds and starts the build tools whose versions this
// repository pins, building or installing them first where needed.
//
// The pins are in three go.mod files outside the workspace (tools/pinned,
// tools/lint, tools/heavy) and in tools/package.json. Keeping them out of
// go.work keeps their dependencies out of the product's version selection and
// out of a newcomer's first download. Go tools are built into .bin/ once.
// Linux and macOS only: it replaces the process and locks with flock.
package pinned
