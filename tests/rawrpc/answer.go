package rawrpc

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"

	"connectrpc.com/connect/v2"
	statuspb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/parleyhq/parley/platform/client"
)

// Answer is the response to a [Call], in a form that is the same for all
// protocols.
type Answer struct {
	HTTPStatus int
	Header     http.Header
	Messages   [][]byte     // as encoded
	Code       connect.Code // 0 for success
	Text       string       // of the error
	Details    []*anypb.Any // of the error
}

// ErrNoStatus is returned for a response that ended without the status its
// protocol demands.
var ErrNoStatus = errors.New("the response has no status")

// Do makes a call and reads its whole answer. An error means that there was no
// answer in the call's protocol; the Answer then holds what there was.
func Do(httpClient *http.Client, baseURL string, call Call) (Answer, error) {
	req, err := http.NewRequest(http.MethodPost, baseURL+call.Procedure, bytes.NewReader(call.body()))
	if err != nil {
		return Answer{}, err
	}
	return Send(httpClient, call, req)
}

// Send is [Do] with a request whose method, address, context and body the test
// has chosen.
func Send(httpClient *http.Client, call Call, req *http.Request) (Answer, error) {
	for key, value := range call.header() {
		req.Header.Set(key, value)
	}
	req.Host = call.Host
	res, err := httpClient.Do(req)
	if err != nil {
		return Answer{}, err
	}
	defer res.Body.Close()
	answer := Answer{HTTPStatus: res.StatusCode, Header: res.Header}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return answer, fmt.Errorf("read the response: %w", err)
	}
	if !call.enveloped() {
		return answer, answer.readUnary(body)
	}
	end, err := answer.readEnvelopes(body)
	if err != nil {
		return answer, err
	}
	switch {
	case res.StatusCode != http.StatusOK:
		return answer, answer.readUnary(body)
	case call.Wire.Protocol == client.ProtocolConnect:
		return answer, answer.readEndOfStream(end)
	case call.Wire.Protocol == client.ProtocolGRPCWeb && len(end) > 0:
		return answer, answer.readWebTrailers(end)
	}
	maps.Copy(res.Header, res.Trailer)
	return answer, answer.readStatus(res.Header)
}

// readEnvelopes collects messages and returns the one that ends a Connect
// stream or holds gRPC-Web's trailers.
func (a *Answer) readEnvelopes(body []byte) (end []byte, err error) {
	const prefix, endOfStream, webTrailers = 5, 2, 0x80
	if a.HTTPStatus != http.StatusOK {
		return nil, nil
	}
	for len(body) > 0 {
		if len(body) < prefix {
			return nil, fmt.Errorf("envelope: %w", io.ErrUnexpectedEOF)
		}
		size := int(binary.BigEndian.Uint32(body[1:prefix]))
		if len(body) < prefix+size {
			return nil, fmt.Errorf("message: %w", io.ErrUnexpectedEOF)
		}
		message := body[prefix : prefix+size]
		if body[0]&flagCompressed != 0 {
			if message, err = gunzip(message); err != nil {
				return nil, err
			}
		}
		if body[0]&(endOfStream|webTrailers) != 0 {
			return message, nil
		}
		a.Messages = append(a.Messages, message)
		body = body[prefix+size:]
	}
	return nil, nil
}

func gunzip(data []byte) ([]byte, error) {
	reader, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("compressed message: %w", err)
	}
	return io.ReadAll(reader)
}

// connectError is the JSON form of errors in the Connect protocol.
type connectError struct {
	Code    connect.Code `json:"code"`
	Message string       `json:"message"`
	Details []struct {
		Type  string `json:"type"`
		Value string `json:"value"`
	} `json:"details"`
}

func (a *Answer) readUnary(body []byte) error {
	if a.HTTPStatus == http.StatusOK {
		a.Messages = [][]byte{body}
		return nil
	}
	if a.HTTPStatus == http.StatusUnsupportedMediaType { // plain text
		a.Text = string(body)
		return nil
	}
	var failure connectError
	if err := json.Unmarshal(body, &failure); err != nil {
		return fmt.Errorf("%w: HTTP %d %.200q", ErrNoStatus, a.HTTPStatus, body)
	}
	return a.fail(failure)
}

func (a *Answer) readEndOfStream(end []byte) error {
	var last struct {
		Error *connectError `json:"error"`
	}
	if err := json.Unmarshal(end, &last); err != nil {
		return fmt.Errorf("%w: end of stream %.200q", ErrNoStatus, end)
	}
	if last.Error == nil {
		return nil
	}
	return a.fail(*last.Error)
}

func (a *Answer) fail(failure connectError) error {
	a.Code, a.Text = failure.Code, failure.Message
	for _, detail := range failure.Details {
		value, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(detail.Value, "="))
		if err != nil {
			return fmt.Errorf("error detail %s: %w", detail.Type, err)
		}
		a.Details = append(a.Details, &anypb.Any{TypeUrl: "type.googleapis.com/" + detail.Type, Value: value})
	}
	return nil
}

func (a *Answer) readWebTrailers(end []byte) error {
	trailers, err := textproto.NewReader(bufio.NewReader(bytes.NewReader(append(end, "\r\n"...)))).ReadMIMEHeader()
	if err != nil {
		return fmt.Errorf("gRPC-Web trailers %q: %w", end, err)
	}
	return a.readStatus(http.Header(trailers))
}

func (a *Answer) readStatus(header http.Header) error {
	code, err := strconv.Atoi(header.Get("Grpc-Status"))
	if err != nil {
		return fmt.Errorf("%w: %v", ErrNoStatus, header)
	}
	a.Code = connect.Code(code)
	if a.Text, err = url.PathUnescape(header.Get("Grpc-Message")); err != nil {
		return fmt.Errorf("grpc-message: %w", err)
	}
	encoded := header.Get("Grpc-Status-Details-Bin")
	if encoded == "" {
		return nil
	}
	raw, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(encoded, "="))
	if err != nil {
		return fmt.Errorf("grpc-status-details-bin: %w", err)
	}
	var status statuspb.Status
	if err := proto.Unmarshal(raw, &status); err != nil {
		return fmt.Errorf("grpc-status-details-bin: %w", err)
	}
	a.Details = status.GetDetails()
	return nil
}
