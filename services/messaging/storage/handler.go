package storage

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"

	"github.com/parleyhq/parley/platform/server"
)

// BackupPattern is where BackupHandler belongs on the admin listener.
const BackupPattern = "POST /backup"

// maxBackupRequest bounds the body of a backup request, in bytes.
const maxBackupRequest = 16 << 10

// BackupRequest is the JSON body of a backup request.
type BackupRequest struct {
	// Directory is an absolute path on the server's machine that does not exist.
	Directory string `json:"directory"`
}

// BackupHandler makes a copy of a running store. The directory is one of this
// machine, written by the server's process: only callers on this machine are
// heard, and no web page.
//
// It answers 204 when the backup is complete, otherwise with a line of text: 400
// for a request that is not understood, 403 for a caller that is not heard, 409
// where the directory exists, 500 where the copy failed.
func BackupHandler(log *slog.Logger, backup func(ctx context.Context, dir string) error) http.Handler {
	return server.LocalOnly(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var request BackupRequest
		decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBackupRequest))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&request); err != nil {
			http.Error(w, `the body must be {"directory": "/absolute/path"}: `+err.Error(), http.StatusBadRequest)
			return
		}
		if !filepath.IsAbs(request.Directory) {
			http.Error(w, "the directory must be an absolute path", http.StatusBadRequest)
			return
		}
		err := backup(r.Context(), filepath.Clean(request.Directory))
		switch {
		case errors.Is(err, os.ErrExist):
			http.Error(w, err.Error(), http.StatusConflict)
		case err != nil:
			log.Warn("backup failed", slog.String("directory", request.Directory), slog.Any("cause", err))
			http.Error(w, err.Error(), http.StatusInternalServerError)
		default:
			log.Info("backup complete", slog.String("directory", request.Directory))
			w.WriteHeader(http.StatusNoContent)
		}
	}))
}
