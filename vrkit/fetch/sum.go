package fetch

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
)

// SHA256 returns the SHA-256 of a file in hexadecimal. It hashes a large file once: the cache remembers the sum with
// the file's size and time of change, and hashes again if one of them differs.
func SHA256(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	memo := memoFile(path)
	if b, err := os.ReadFile(memo); err == nil {
		var sum, key string
		if n, _ := fmt.Sscan(string(b), &sum, &key); n == 2 && len(sum) == 64 && key == memoKey(info) {
			return sum, nil
		}
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	sum := hex.EncodeToString(h.Sum(nil))
	remember(path, sum)
	return sum, nil
}

// smallFile is the size from which sums are remembered.
const smallFile = 1 << 20

// remember stores a large file's sum. It returns no error, because a sum that is not stored only costs the time to hash
// again.
func remember(path, sum string) {
	info, err := os.Stat(path)
	memo := memoFile(path)
	if err != nil || info.Size() < smallFile || memo == "" {
		return
	}
	if os.MkdirAll(filepath.Dir(memo), 0o700) != nil {
		return
	}
	note := fmt.Appendln(nil, sum, memoKey(info), path)
	_ = renameio.WriteFile(memo, note, 0o600, renameio.WithTempDir(filepath.Dir(memo)))
}

// memoKey changes if the file's contents may have changed.
func memoKey(info os.FileInfo) string {
	return fmt.Sprintf("%d:%d", info.Size(), info.ModTime().UnixNano())
}

// memoFile is the file with the remembered sum of a path.
func memoFile(path string) string {
	root, err := Dir()
	if err != nil {
		return ""
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return ""
	}
	name := sha256.Sum256([]byte(abs))
	return filepath.Join(root, "sums", hex.EncodeToString(name[:16]))
}
