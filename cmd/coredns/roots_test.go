package main

import (
	"crypto/x509"
	"os"
	"os/exec"
	"testing"
)

// TestRoots has the program know public authorities also in an image that holds nothing else.
func TestRoots(t *testing.T) {
	const child = "TEST_ROOTS_OF_NO_SYSTEM"
	if os.Getenv(child) != "" {
		if pool, err := x509.SystemCertPool(); err != nil || pool.Equal(x509.NewCertPool()) {
			t.Errorf("no authority is known: %v", err)
		}
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// The system's certificates are looked for when the program starts.
	cmd := exec.Command(self, "-test.run=^TestRoots$")
	cmd.Env = append(os.Environ(), child+"=1", "SSL_CERT_FILE=/dev/null", "SSL_CERT_DIR=/dev/null")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
