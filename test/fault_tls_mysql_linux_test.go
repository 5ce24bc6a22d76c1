package test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/enumim/enumim/test/servers"
)

// mariadbTLS is the TLS of MariaDB itself, which takes new certificates while it runs, and all else when it starts.
type mariadbTLS struct {
	t   testing.TB
	dir string
	*servers.Server
}

// Set has it secured so; nil for not at all. Connections that stand may end.
func (m *mariadbTLS) Set(config *tls.Config) {
	m.t.Helper()
	if m.dir == "" {
		m.dir = home(m.t)
	}
	var extra []string
	if config != nil {
		key, err := x509.MarshalPKCS8PrivateKey(config.Certificates[0].PrivateKey)
		if err != nil {
			m.t.Fatal(err)
		}
		put := func(option, kind string, der []byte) {
			path := filepath.Join(m.dir, option)
			text := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
			if err := errors.Join(os.WriteFile(path, text, 0o600), os.Chmod(path, 0o644)); err != nil {
				m.t.Fatal(err)
			}
			extra = append(extra, "--"+option+"="+path)
		}
		put("ssl-cert", "CERTIFICATE", config.Certificates[0].Certificate[0])
		put("ssl-key", "PRIVATE KEY", key)
		if config.MaxVersion == tls.VersionTLS11 {
			extra = append(extra, "--tls-version=TLSv1.1")
		}
	}
	if slices.Equal(extra, m.Extra) {
		mariadb(m.t, m.Server, "FLUSH SSL")
		return
	}
	m.Stop()
	m.Extra = extra
	m.Start()
}
