module github.com/parleyhq/parley/services/unary

go 1.26.0
