package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"connectrpc.com/conformance/internal"
	conformancev1 "connectrpc.com/conformance/internal/gen/proto/go/connectrpc/conformance/v1"
	"connectrpc.com/conformance/parley/service"
	"github.com/parleyhq/parley/platform/server"
)

const (
	requestTimeout = 10 * time.Second
	requestMax     = 1 << 20
)

// serve reads one ServerCompatRequest, serves accordingly, says where, and ends
// with ctx. A server that drains for ever would be a failure of its own.
func serve(ctx context.Context, in io.Reader, out io.Writer) error {
	request := &conformancev1.ServerCompatRequest{}
	if err := internal.ReadDelimitedMessage(in, request, "suite", requestTimeout, requestMax); err != nil {
		return fmt.Errorf("read the request: %w", err)
	}
	built, err := build(ctx, request)
	if err != nil {
		return err
	}
	response, err := describe(built.Addr(), request)
	if err == nil {
		err = internal.WriteDelimitedMessage(out, response)
	}
	if err != nil {
		ended, cancel := context.WithCancel(ctx)
		cancel()
		return errors.Join(fmt.Errorf("write the response: %w", err), built.Run(ended))
	}
	return built.Run(ctx)
}

// build makes the production server. Both HTTP versions and all protocols are
// always on. Only the limit on messages is the suite's.
func build(ctx context.Context, request *conformancev1.ServerCompatRequest) (*server.Server, error) {
	if len(request.GetClientTlsCert()) > 0 {
		return nil, errors.New("client certificates are not supported")
	}
	config := server.DefaultConfig()
	config.Listen = "127.0.0.1:0"
	config.AdminListen = ""
	if limit := request.GetMessageReceiveLimit(); limit > 0 {
		config.MaxMessageBytes = int(limit)
	}
	if request.GetUseTls() {
		dir, err := os.MkdirTemp("", "conformance-server-")
		if err != nil {
			return nil, fmt.Errorf("make a folder for the certificate: %w", err)
		}
		defer os.RemoveAll(dir) // the files are read once
		config.TLSCert, config.TLSKey = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
		creds := request.GetServerCreds()
		if err := errors.Join(
			os.WriteFile(config.TLSCert, creds.GetCert(), 0o600),
			os.WriteFile(config.TLSKey, creds.GetKey(), 0o600),
		); err != nil {
			return nil, fmt.Errorf("write the certificate: %w", err)
		}
	}
	// The suite provokes failures by the hundred; its report says what went wrong.
	log := slog.New(slog.DiscardHandler)
	return server.Build(ctx, log, server.Info{Name: "conformance"}, config, service.New())
}

func describe(addr string, request *conformancev1.ServerCompatRequest) (*conformancev1.ServerCompatResponse, error) {
	host, portText, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("split the address: %w", err)
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("read the port: %w", err)
	}
	response := &conformancev1.ServerCompatResponse{Host: host, Port: uint32(port)}
	if request.GetUseTls() {
		response.PemCert = request.GetServerCreds().GetCert()
	}
	return response, nil
}
