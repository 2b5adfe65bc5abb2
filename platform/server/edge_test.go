package server_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// post sends one HTTP/1.1 request and returns the answer with its body.
func post(t *testing.T, url, contentType, body string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.ProtoMajor != 1 {
		t.Errorf("served over %s, want HTTP/1.1", res.Proto)
	}
	return res, string(answer)
}

// A caller whose content type is no protocol's gets HTTP's own answer, in words.
func TestUnsupportedContentType(t *testing.T) {
	t.Parallel()
	built, _ := start(t, nil)
	res, body := post(t, built.URL()+"/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", "image/jpeg", "x")
	if res.StatusCode != http.StatusUnsupportedMediaType || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/plain") ||
		!strings.Contains(body, "image/jpeg") || !strings.Contains(res.Header.Get("Accept-Post"), "application/grpc-web") {
		t.Errorf("got %s, %v, %q", res.Status, res.Header, body)
	}
}

// A method that the content type cannot carry says which can, and how to call it.
func TestStreamContentType(t *testing.T) {
	t.Parallel()
	built, _ := start(t, nil)
	const stream = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
	res, body := post(t, built.URL()+stream, "application/json; charset=utf-8", "{}")
	if res.StatusCode != http.StatusUnsupportedMediaType || !strings.Contains(body, "buf curl") || !strings.Contains(body, stream) {
		t.Errorf("got %s, %q", res.Status, body)
	}
	if accepted := res.Header.Get("Accept-Post"); strings.Contains(accepted, "application/json") || !strings.Contains(accepted, "application/connect+json") {
		t.Errorf("a stream accepts %s", accepted)
	}
}

// Whoever opens the address of a method in a browser is told how to call it.
func TestGetWithoutRequest(t *testing.T) {
	t.Parallel()
	built, _ := start(t, nil)
	const stream = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, built.URL()+stream, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusMethodNotAllowed || res.Header.Get("Allow") != http.MethodPost || !strings.Contains(string(body), "buf curl") {
		t.Errorf("%v, got %s, %v, %q", err, res.Status, res.Header, body)
	}
}

// Unknown methods are UNIMPLEMENTED over HTTP/1.1 too, in every protocol that
// HTTP/1.1 can carry.
func TestUnknownMethodOverHTTP1(t *testing.T) {
	t.Parallel()
	built, _ := start(t, nil)
	for _, path := range []string{"/grpc.reflection.v1.ServerReflection/Nothing", "/no.such.Service/Nothing"} {
		res, body := post(t, built.URL()+path, "application/grpc-web+proto", "\x00\x00\x00\x00\x00")
		if status := res.Header.Get("Grpc-Status"); res.StatusCode != http.StatusOK || status != "12" && !strings.Contains(body, "grpc-status: 12") {
			t.Errorf("%s, gRPC-Web: got %s, status %q, %q", path, res.Status, status, body)
		}
		res, body = post(t, built.URL()+path, "application/connect+json", "\x00\x00\x00\x00\x02{}")
		if res.StatusCode != http.StatusOK || !strings.Contains(body, `"unimplemented"`) {
			t.Errorf("%s, Connect stream: got %s, %q", path, res.Status, body)
		}
		res, body = post(t, built.URL()+path, "application/json", "{}")
		if res.StatusCode != http.StatusNotImplemented || !strings.Contains(body, `"unimplemented"`) {
			t.Errorf("%s, Connect: got %s, %q", path, res.Status, body)
		}
	}
}
