module github.com/parleyhq/parley/tools

go 1.26.0

tool (
	github.com/parleyhq/parley/tools/breaking
	github.com/parleyhq/parley/tools/bufcache
	github.com/parleyhq/parley/tools/newservice
	github.com/parleyhq/parley/tools/pin
	github.com/parleyhq/parley/tools/reference
	github.com/parleyhq/parley/tools/task
)

require (
	go.yaml.in/yaml/v3 v3.0.4
	golang.org/x/mod v0.41.0
	google.golang.org/protobuf v1.36.12
)
