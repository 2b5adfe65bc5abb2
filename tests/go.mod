module github.com/parleyhq/parley/tests

go 1.26.0
