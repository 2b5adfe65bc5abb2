package engine

import (
	"encoding/json"
	"net/http"
	"time"
)

type jsonRequest struct {
	Message string `json:"message"`
}

type jsonResponse struct {
	Message  string `json:"message"`
	Received bool   `json:"received"`
}

// newNetHTTP returns a plain JSON-over-HTTP server, as one writes it by hand.
// It answers on the path of Parley's unary service.
func newNetHTTP() *http.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /parley.unary.v1.UnaryService/GetServerResponse", func(w http.ResponseWriter, r *http.Request) {
		var req jsonRequest
		if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(jsonResponse{Message: answer(req.Message), Received: true}) // the client sees it
	})
	return &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
}
