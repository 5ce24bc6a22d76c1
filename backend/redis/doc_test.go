package redis

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	client "github.com/redis/go-redis/v9"

	"github.com/enumim/enumim/test/servers"
)

func page(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/redis.md")
	must(t, err)
	return string(text)
}

// Each configuration that the page shows is one.
func TestPageConfigurations(t *testing.T) {
	blocks := regexp.MustCompile(`(?s)backend redis ([^{\n]*) \{\n(.*?)\n\}\n`).FindAllStringSubmatch(page(t), -1)
	if len(blocks) < 3 {
		t.Fatalf("%d configurations on the page", len(blocks))
	}
	for _, b := range blocks {
		addr := strings.ReplaceAll(b[1], "HOST[:PORT]...", "localhost:6379")
		var lines []string
		for line := range strings.SplitSeq(b[2], "\n") {
			option, _, _ := strings.Cut(strings.TrimSpace(line), "  ")
			lines = append(lines, option)
		}
		if !strings.Contains(b[1], "HOST") {
			if _, err := parseLines(t, addr, lines...); err != nil {
				t.Error(err)
			}
			continue
		}
		// The table of options: each by itself, with those that it needs.
		needs := map[string][]string{
			"username": {"password env:X"}, "sentinel_username": {"sentinel m", "sentinel_password env:X"}, "sentinel_password": {"sentinel m"},
			"tls_ca": {"tls on"}, "tls_cert": {"tls on"}, "tls_server_name": {"tls on"}, "cluster": {"prefix {x}:"},
		}
		for _, line := range lines {
			line = strings.TrimSpace(strings.Split(line, " what")[0])
			if _, err := parseLines(t, addr, append(needs[strings.Fields(line)[0]], line)...); err != nil {
				t.Error(err)
			}
		}
	}
}

// The users that the page shows may do what they are for, and no more of it than the page says.
func TestPageUsers(t *testing.T) {
	s := servers.Redis(t)
	k := raw(t, s.Addr)
	for _, m := range regexp.MustCompile(`(?m)^\$ redis-cli (ACL SETUSER .*)$`).FindAllStringSubmatch(page(t), -1) {
		var args []any
		for word := range strings.FieldsSeq(strings.ReplaceAll(m[1], "'", "")) {
			args = append(args, word)
		}
		do(t, k, args...)
	}
	t.Setenv("READER", "change-me-1")
	t.Setenv("WRITER", "change-me-2")
	writer := opened(t, s.Addr, "username enumim-writer", "password env:WRITER")
	provision(t, writer)
	for _, mode := range []string{"mode store", "mode feed"} {
		b, _ := start(t, opened(t, s.Addr, mode, "username enumim-reader", "password env:READER"))
		eventually(t, 5*time.Second, "found", func() string { return told(b, "12025550100") })
		fill(t, writer, drop(number("12025550100", "")))
		eventually(t, 5*time.Second, "absent", func() string { return told(b, "12025550100") })
		provision(t, writer)
	}
	reader := client.NewClient(&client.Options{Addr: s.Addr, Protocol: 2, Username: "enumim-reader", Password: "change-me-1"})
	defer reader.Close()
	for _, command := range [][]any{{"SET", "enum:1", "x"}, {"GET", "other:1"}, {"FLUSHALL"}, {"EVAL", "return redis.call('DEL', 'enum:meta')", 0}} {
		if err := reader.Do(t.Context(), command...).Err(); err == nil {
			t.Errorf("the reader may %v", command)
		}
	}
}

// A password that is wrong, and one that cannot be read, are told as such and not with what they are.
func TestPasswords(t *testing.T) {
	s := servers.Redis(t, "--requirepass", "right-secret")
	for _, c := range []struct{ password, want string }{
		{"", "it wants a password"}, {"env:WRONG", "it refuses the user or the password"}, {"env:NONE", "env:NONE"}, {"env:RIGHT", "is not there"},
	} {
		t.Setenv("WRONG", "wrong-secret")
		t.Setenv("RIGHT", "right-secret")
		lines := []string{"mode store"}
		if c.password != "" {
			lines = append(lines, "password "+c.password)
		}
		st := opened(t, s.Addr, lines...).store(nil)
		_, err := st.Check(t.Context())
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "-secret") {
			t.Errorf("%s: %v, want %s", c.password, err, c.want)
		}
		must(t, st.Close())
	}
}
