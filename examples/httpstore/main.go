// Httpstore serves the numbers of files to enumim, by the protocol of docs/http.md: an example of a server behind the
// backend http, with nothing but Go's standard library. Each file NAME.jsonl of a folder, as "enumim convert --to
// jsonl" and "enumim export --to jsonl" write it, is a tree at /NAME; when another is put in its place, that is served.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	if err := run(); err != nil {
		slog.Error("httpstore ends", "error", err)
		os.Exit(1)
	}
}

func run() error {
	listen := flag.String("listen", "127.0.0.1:8080", "the `address` to listen on")
	token := flag.String("token", "", "a `file` with the token that requests must have")
	cert := flag.String("cert", "", "a `file` with the certificate of this server, which then speaks TLS alone")
	key := flag.String("key", "", "a `file` with the key of the certificate")
	clients := flag.String("client-ca", "", "a `file` with the authority that must have signed the certificates of clients")
	every := flag.Duration("every", 200*time.Millisecond, "how often the files are looked at")
	flag.Parse()
	if flag.NArg() != 1 {
		return errors.New("expected one folder with files NAME.jsonl")
	}
	s := &stores{dir: flag.Arg(0), all: map[string]*store{}}
	s.look()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	go s.follow(ctx, *every)

	server := &http.Server{
		Addr: *listen, Handler: handler(s, *token),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, // no WriteTimeout: a tree may be long
	}
	if *clients != "" {
		text, err := os.ReadFile(*clients)
		if err != nil {
			return err
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(text) {
			return fmt.Errorf("%s holds no certificate", *clients)
		}
		server.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool}
	}
	go func() {
		<-ctx.Done()
		late, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = server.Shutdown(late)
	}()
	var err error
	if *cert != "" {
		err = server.ListenAndServeTLS(*cert, *key)
	} else {
		err = server.ListenAndServe()
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
