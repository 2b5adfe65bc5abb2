module github.com/parleyhq/parley/services/bidirectional

go 1.26.0
